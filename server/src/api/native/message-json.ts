/**
 * Messages in the words of the native protocol. A content's JSON goes in as it
 * is stored, and is never parsed.
 */
import { type Batch, type Content, Trait } from '../../domain/batch.ts'
import type { Message } from '../../domain/message.ts'
import { messageId } from '../../domain/message-id.ts'
import { isGroup, type Peer } from '../../domain/peer.ts'
import type { Directory } from '../../engines/directory.ts'

/** What the ids of accounts and groups are. */
export type Ids = Pick<Directory, 'id' | 'described'>

/** The other side of a conversation, as a field: `with` an account, or a `group`. */
export function peerField(peer: Peer, ids: Ids): { with: string } | { group: string } {
  return isGroup(peer) ? { group: ids.described([peer, 0])?.id ?? '' } : { with: ids.id(peer) }
}

export function contentJson({ format, json, text }: Content): string {
  return `${beforeBodyJson(format)}${json},"text":${JSON.stringify(text)}}`
}

/** How a content begins. Its body follows, then `,"text":`, the text and a brace. */
export function beforeBodyJson(format: Content['format']): string {
  return `{"format":"${format}","body":`
}

/** Whether a copy raises the unread counters of those who receive it. */
function isCounted({ sender, traits }: Batch, recipient: Peer): boolean {
  return sender !== recipient && (traits & (Trait.uncounted | Trait.onlineOnly)) === 0
}

/** What a message is, beside its id and its content: what stands between them in its JSON. */
export function betweenJson(
  { time, record }: { time: number; record: Batch },
  recipient: Peer,
  peer: Peer,
  ids: Ids,
  changedAt: number | null = null,
): string {
  const said = {
    ...peerField(peer, ids),
    from: ids.id(record.sender),
    time,
    counted: isCounted(record, recipient),
    ...(changedAt === null ? {} : { changedAt }),
  }
  return `",${JSON.stringify(said).slice(1, -1)},"content":`
}

/** A message of the conversation with `peer`, as it stands. */
export function messageJson(
  message: Message,
  peer: Peer,
  ids: Ids,
  generation: number,
  type = '',
): string {
  const { batch: record, position, recipient, time, content, changedAt } = message
  const id = messageId(generation, position)
  const between = betweenJson({ time, record }, recipient, peer, ids, changedAt)
  return `{${type}"id":"${id}${between}${content === null ? 'null' : contentJson(content)}}`
}
