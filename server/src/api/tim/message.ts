/**
 * A message of TIM: everything of a send but who sends it to whom. Its fields
 * are checked here in the documented order, and turned into our words.
 */
import { crc32 } from 'node:zlib'
import { Trait } from '../../domain/batch.ts'
import type { Call } from '../../pipeline/accept.ts'
import { Refusal } from './codes.ts'
import {
  type Fields,
  integer,
  optional,
  required,
  string,
  strings,
  uint32,
  zeroOrOne,
} from './fields.ts'
import { checkMessageBody } from './message-body.ts'
import { checkSize, contentOf } from './message-content.ts'
import { parsePushInfo } from './push-info.ts'

export type Message = Omit<Call, 'sender' | 'recipients' | 'failures'>

export interface MessageLimits {
  /** MsgBody as compact JSON and CloudCustomData together. */
  timMessageBytes: number
  timLenientPushInfo: boolean
}

const LIFETIME_SECONDS_MAX = 604_800

export function parseMessage(fields: Fields, limits: MessageLimits): Message {
  const random = required<number>(fields, 'MsgRandom', uint32, 90005)
  const sync = optional<number>(fields, 'SyncOtherMachine', integer, 90031)
  const lifetime = parseLifetime(fields)
  const elements = checkMessageBody(fields.MsgBody)
  const seq = optional<number>(fields, 'MsgSeq', uint32, 90010)
  const isOnlineOnly = isOne(fields, 'OnlineOnlyFlag')
  const wantsReceipt = isOne(fields, 'IsNeedReadReceipt')
  const isExtensible = isOne(fields, 'SupportMessageExtension')
  const custom = optional<string>(fields, 'CloudCustomData', string, 90010)
  const control = optional<string[]>(fields, 'SendMsgControl', strings, 90010) ?? []
  const push = parsePushInfo(fields.OfflinePushInfo, limits.timLenientPushInfo)

  const body = JSON.stringify(elements)
  checkSize({ body, custom }, limits.timMessageBytes)

  let traits: number = Trait.recognised
  if (isOnlineOnly || lifetime === 0) traits |= Trait.onlineOnly
  if (control.includes('NoUnread')) traits |= Trait.uncounted
  if (push.isUnbadged) traits |= Trait.unbadged
  if (control.includes('NoLastMsg')) traits |= Trait.unlisted
  if (sync === 2) traits |= Trait.hiddenFromSender
  if (sync === 1) traits |= Trait.echoed
  if (push.isUnpushed) traits |= Trait.unpushed
  if (control.includes('WithMuteNotifications')) traits |= Trait.mutable
  if (wantsReceipt) traits |= Trait.receiptWanted

  return {
    content: contentOf({ elements, body, custom, isExtensible }),
    traits,
    lifetimeSeconds: lifetime ?? null,
    seq: seq ?? null,
    random,
    contentCrc: crc32(body),
    push: push.json,
  }
}

function parseLifetime(fields: Fields): number | undefined {
  const seconds = optional<number>(fields, 'MsgLifeTime', integer, 90044)
  if (seconds === undefined || (seconds >= 0 && seconds <= LIFETIME_SECONDS_MAX)) return seconds
  throw new Refusal(
    90026,
    `MsgLifeTime: expected 0 to ${LIFETIME_SECONDS_MAX}, but ${seconds} came`,
  )
}

function isOne(fields: Fields, name: string): boolean {
  return optional<number>(fields, name, zeroOrOne, 90010) === 1
}
