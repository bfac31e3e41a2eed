/**
 * A batch in the words of the native protocol: one frame for all its receivers,
 * and one more where the sender or a group is among them. Of a template, a frame for each.
 */
import { type Batch, Trait } from '../../domain/batch.ts'
import { idPrefix, idSuffix } from '../../domain/message-id.ts'
import { conversationOf, isGroup, type Peer } from '../../domain/peer.ts'
import { ORDINALS_MAX, positionOf } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import { type Frame, NumberedFrame, PlainFrame } from '../../gateway/frame.ts'
import { FramePair } from '../../gateway/joint-frame.ts'
import type { Encoding, Protocol } from '../../gateway/protocol.ts'
import { contentAt, templateOf } from '../../template/contents.ts'
import { type HappeningOptions, wordsOf } from './happenings.ts'
import { beforeBodyJson, betweenJson, contentJson, peerField } from './message-json.ts'
import { TemplateFrame, type TemplateFrames } from './template-frame.ts'

export const MESSAGE_TYPE = '"type":"message",'

export function openNativeProtocol(options: HappeningOptions): Protocol {
  return {
    begin: (stored) => new NativeEncoding(stored, options),
    tell: (happening) => wordsOf(happening, options),
  }
}

class NativeEncoding implements Encoding {
  readonly #stored: Stored<Batch>
  readonly #options: HappeningOptions
  readonly #prefix: string
  /** By whom a copy is for: its group, the sender itself, or 0: anybody else. */
  readonly #frames = new Map<Peer, Frame>()
  readonly #templateFrames = new Map<Peer, TemplateFrames>()

  constructor(stored: Stored<Batch>, options: HappeningOptions) {
    this.#stored = stored
    this.#options = options
    this.#prefix = idPrefix(options.views.generation, stored.place)
  }

  copy(_account: number, ordinal: number): Frame {
    const { record } = this.#stored
    const recipient = record.recipients[ordinal]!
    const kind = isGroup(recipient) || recipient === record.sender ? recipient : 0
    if (record.variables !== null) {
      return new TemplateFrame(this.#templateFramesOf(kind, recipient), ordinal)
    }
    const known = this.#frames.get(kind)
    if (known !== undefined) return known
    const { text, digitsEnd } = this.#beforeContent(recipient)
    const frame = new NumberedFrame(`${text}${contentJson(record.content)}}`, digitsEnd)
    this.#frames.set(kind, frame)
    return frame
  }

  /** One event for the whole batch, in place of an echo of each copy. */
  echo(): Frame {
    const { time, record } = this.#stored
    const ordinals = ordinalsOf(record.recipients)
    // It comes after the copies that the sender itself receives, so it may pass all of them.
    const cursor = this.#prefix + idSuffix(ORDINALS_MAX - 1)
    const [only = 0] = ordinals
    const isSingle = ordinals.length === 1
    const said = {
      type: 'sent',
      id: this.#prefix + idSuffix(isSingle ? only : 0),
      ...(isSingle ? peerField(record.recipients[only]!, this.#options.directory) : {}),
      time,
      count: ordinals.length,
      cursor,
    }
    const content = isSingle ? contentAt(record, only) : record.content
    const json = `${JSON.stringify(said).slice(0, -1)},"content":${contentJson(content)}}`
    const sent = new PlainFrame(json)
    const read = isSingle ? this.#readBySending(only) : null
    return read === null ? sent : new FramePair(sent, read)
  }

  /** Whoever answers has read what is before it; null: by this message it has not. */
  #readBySending(ordinal: number): Frame | null {
    const { place, record } = this.#stored
    const { sender: reader, recipients, traits } = record
    const peer = recipients[ordinal]!
    if ((traits & Trait.readsForSender) === 0) return null
    if (isGroup(peer) && !this.#options.views.isMember(reader, peer)) return null
    const conversation = conversationOf(reader, peer)
    const upTo = positionOf(place, ordinal)
    const at = positionOf(place, ORDINALS_MAX - 1)
    return wordsOf({ type: 'read', reader, conversation, upTo, at }, this.#options)(reader)
  }

  #templateFramesOf(kind: Peer, recipient: Peer): TemplateFrames {
    const known = this.#templateFrames.get(kind)
    if (known !== undefined) return known
    const { record } = this.#stored
    const { text, digitsEnd } = this.#beforeContent(recipient)
    const beforeBody = Buffer.from(text + beforeBodyJson(record.content.format))
    const frames = { beforeBody, digitsEnd, template: templateOf(record)! }
    this.#templateFrames.set(kind, frames)
    return frames
  }

  /** A message frame up to its content. */
  #beforeContent(recipient: Peer): { text: string; digitsEnd: number } {
    const { sender } = this.#stored.record
    const peer = isGroup(recipient) ? recipient : sender
    const before = `{${MESSAGE_TYPE}"id":"${this.#prefix}${idSuffix(0)}`
    const between = betweenJson(this.#stored, recipient, peer, this.#options.directory)
    return { text: before + between, digitsEnd: before.length }
  }
}

/** The entries that have made copies. */
function ordinalsOf(recipients: Int32Array): number[] {
  const ordinals: number[] = []
  for (const [ordinal, recipient] of recipients.entries()) {
    if (recipient !== 0) ordinals.push(ordinal)
  }
  return ordinals
}
