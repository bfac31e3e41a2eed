/**
 * What a sender and a caller call a message: `MsgKey` and `MsgId`.
 *
 * A MsgKey is `{MsgSeq}_{MsgRandom}_{seconds}`. It is one for the whole batch;
 * copies of one pair may share it, when a sender repeats its numbers.
 */
import { crc32 } from 'node:zlib'
import type { Message } from '../../domain/message.ts'
import { messageId } from '../../domain/message-id.ts'

export interface MessageKey {
  seq: number
  random: number
  second: number
}

export function secondOf(timeMs: number): number {
  return Math.floor(timeMs / 1000)
}

export function formatMessageKey({ seq, random, second }: MessageKey): string {
  return `${seq}_${random}_${second}`
}

const FORM = /^(\d{1,10})_(\d{1,10})_(\d{1,10})$/

/** Null: not three decimal numbers. */
export function parseMessageKey(text: string): MessageKey | null {
  const match = FORM.exec(text)
  if (match === null) return null
  return { seq: Number(match[1]), random: Number(match[2]), second: Number(match[3]) }
}

/** The sample shape of the vendor: the sender's number, the second, the random number. */
export function formatMsgId(sender: number, second: number, random: number): string {
  return `${sender}-${second}-${random}`
}

/** The key of a stored copy. Other doors have no MsgRandom; theirs is made from the message's id. */
export function keyOf(message: Message, generation: number): MessageKey {
  const { batch, position, seq, time } = message
  const isTim = batch.content.format === 'tim'
  const random = isTim ? batch.random : crc32(messageId(generation, position))
  return { seq, random, second: secondOf(time) }
}
