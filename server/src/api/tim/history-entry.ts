/** A copy as history shows it, as JSON text. */
import { Trait } from '../../domain/batch.ts'
import type { Message } from '../../domain/message.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Views } from '../../views/views.ts'
import { timFieldsOf } from '../bridge/tim-from-imkit.ts'
import type { Entry } from './history.ts'
import { formatMessageKey } from './message-key.ts'

const RECALLED = 8

export function entryText({ message, key }: Entry, directory: Directory, views: Views): string {
  const { sender, recipient, position, batch, content } = message
  const head = JSON.stringify({
    From_Account: directory.id(sender),
    To_Account: directory.id(recipient),
    MsgSeq: key.seq,
    MsgRandom: key.random,
    MsgTimeStamp: key.second,
    // The caller of a REST send has no clock of his own in it.
    MsgClientTime: key.second,
    MsgFlagBits: content === null ? RECALLED : 0,
    IsPeerRead: views.mark(recipient, sender) >= position ? 1 : 0,
    IsNeedReadReceipt: (batch.traits & Trait.receiptWanted) !== 0 ? 1 : 0,
    MsgVersion: 0,
    MsgKey: formatMessageKey(key),
  })
  return `${head.slice(0, -1)},${contentJson(message).slice(1)}`
}

/** The stored text of this door continues the object, so it is neither parsed nor written again. */
function contentJson({ content }: Message): string {
  if (content === null) return '{"MsgBody":[]}'
  return content.format === 'tim' ? content.json : JSON.stringify(timFieldsOf(content))
}
