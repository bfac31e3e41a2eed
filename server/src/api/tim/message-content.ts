/** The content of a message as it is stored, from its parts. */
import type { Content } from '../../domain/batch.ts'
import type { TimElement } from '../bridge/tim-from-imkit.ts'
import { Refusal } from './codes.ts'
import { settleMessageBody, textOf } from './message-body.ts'

export interface ContentParts {
  elements: readonly TimElement[]
  /** `elements` as compact JSON. */
  body: string
  custom: string | undefined
  isExtensible: boolean
}

/** What history and terminals give back, as an object whose text continues an object's. */
export function contentOf({ elements, body, custom, isExtensible }: ContentParts): Content {
  const settled = settleMessageBody(elements)
  let json = `{"MsgBody":${settled === elements ? body : JSON.stringify(settled)}`
  if (custom !== undefined) json += `,"CloudCustomData":${JSON.stringify(custom)}`
  if (isExtensible) json += ',"SupportMessageExtension":1'
  return { format: 'tim', json: `${json}}`, text: textOf(elements) }
}

export function checkSize(
  { body, custom = '' }: Pick<ContentParts, 'body' | 'custom'>,
  bytesMax: number,
): void {
  // Nothing is counted while even three bytes a character could not be too many.
  if ((body.length + custom.length) * 3 <= bytesMax) return
  const bytes = Buffer.byteLength(body) + Buffer.byteLength(custom)
  if (bytes <= bytesMax) return
  const what = 'MsgBody and CloudCustomData'
  throw new Refusal(93000, `${what}: expected at most ${bytesMax} bytes, but ${bytes} came`)
}
