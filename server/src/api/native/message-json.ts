/**
 * Messages in the words of the native protocol. A content's JSON goes in as it
 * is stored, and is never parsed.
 */
import { type Batch, type Content, Trait } from '../../domain/batch.ts'
import type { Message } from '../../domain/message.ts'
import { messageId } from '../../domain/message-id.ts'

export function contentJson({ format, json, text }: Content): string {
  return `{"format":"${format}","body":${json},"text":${JSON.stringify(text)}}`
}

/** Whether a copy raised the unread counter of its receiver. */
export function isCounted({ sender, traits }: Batch, recipient: number): boolean {
  return sender !== recipient && (traits & (Trait.uncounted | Trait.onlineOnly)) === 0
}

/** What a message is, beside its id: the rest of a JSON object after the id's text. */
export function afterIdJson(
  { time, record }: { time: number; record: Batch },
  names: { with: string; from: string },
  counted: boolean,
): string {
  const { content } = record
  return (
    `","with":${JSON.stringify(names.with)},"from":${JSON.stringify(names.from)}` +
    `,"time":${time},"counted":${counted},"content":${contentJson(content)}}`
  )
}

/** A message of a list or a conversation. */
export function messageJson(
  message: Message,
  names: { with: string; from: string },
  generation: number,
  type = '',
): string {
  const { batch, position, recipient, time } = message
  const after = afterIdJson({ time, record: batch }, names, isCounted(batch, recipient))
  return `{${type}"id":"${messageId(generation, position)}${after}`
}
