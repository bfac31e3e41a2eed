import { type Frame, headLength, putHead, putOrdinal } from '../../gateway/frame.ts'
import type { ContentTemplate } from '../../template/contents.ts'
import type { Values } from '../../template/values.ts'

/** What the frames of all entries of a template have in common. */
export interface TemplateFrames {
  /** Up to the body, with zeros for the digits of the ordinal. */
  beforeBody: Buffer
  /** Where the digits of the ordinal end. */
  digitsEnd: number
  template: ContentTemplate
}

const BEFORE_TEXT = Buffer.from(',"text":')
const AFTER_TEXT = Buffer.from('}}')

/** The message frame of one entry of a template, which is rendered right into what is written. */
export class TemplateFrame implements Frame {
  readonly length: number
  readonly #frames: TemplateFrames
  readonly #values: Values
  readonly #payloadBytes: number

  constructor(frames: TemplateFrames, ordinal: number) {
    const { beforeBody, template } = frames
    this.#frames = frames
    this.#values = template.values(ordinal)
    this.#payloadBytes =
      beforeBody.length +
      template.json.renderedBytes(this.#values) +
      BEFORE_TEXT.length +
      template.text.renderedBytes(this.#values) +
      AFTER_TEXT.length
    this.length = headLength(this.#payloadBytes) + this.#payloadBytes
  }

  put(into: Buffer, at: number, ordinal: number): void {
    const { beforeBody, digitsEnd, template } = this.#frames
    let end = putHead(into, at, this.#payloadBytes)
    into.set(beforeBody, end)
    putOrdinal(into, end + digitsEnd, ordinal)
    end = template.json.renderInto(this.#values, into, end + beforeBody.length)
    into.set(BEFORE_TEXT, end)
    end = template.text.renderInto(this.#values, into, end + BEFORE_TEXT.length)
    into.set(AFTER_TEXT, end)
  }
}
