/** What is new about a conversation: its description, and the members that come and go. */
import type { ConversationChange, Description } from '../../../domain/record.ts'
import { counted, finished, listed, putI32, putU32, room } from './checks.ts'
import { putColumn, takeU32Column } from './columns.ts'

const CONVERSATION_BYTES = 32

const HAS_DESCRIPTION = 1
const IS_FROZEN = 2

export function conversationBytes({ description, joined, left }: ConversationChange): number {
  const columns = CONVERSATION_BYTES + joined.byteLength + left.byteLength
  if (description === null) return columns
  return columns + Buffer.byteLength(description.id) + Buffer.byteLength(description.attributes)
}

export function encodeConversation(
  { conversation: [first, second], description, joined, left }: ConversationChange,
  target: Buffer,
  offset: number,
): number {
  listed('joined and left', joined.length + left.length)
  let at = putColumn(target, joined, joined.length, offset + CONVERSATION_BYTES)
  at = putColumn(target, left, left.length, at)
  const idBytes = description === null ? 0 : target.write(description.id, at)
  at += idBytes
  const attributesBytes = description === null ? 0 : target.write(description.attributes, at)
  at += attributesBytes

  const flags =
    (description === null ? 0 : HAS_DESCRIPTION) | (description?.isFrozen ? IS_FROZEN : 0)
  putI32(target, 'conversation', first, offset)
  putI32(target, 'conversation', second, offset + 4)
  target.writeUInt32LE(flags, offset + 8)
  putU32(target, 'description.owner', description?.owner ?? 0, offset + 12)
  target.writeUInt32LE(joined.length, offset + 16)
  target.writeUInt32LE(left.length, offset + 20)
  target.writeUInt32LE(idBytes, offset + 24)
  target.writeUInt32LE(attributesBytes, offset + 28)
  return at
}

export function decodeConversation(bytes: Buffer, from: number, to: number): ConversationChange {
  room('the fixed part of a conversation', CONVERSATION_BYTES, from, to)
  const flags = bytes.readUInt32LE(from + 8)
  const joinedCount = bytes.readUInt32LE(from + 16)
  const leftCount = bytes.readUInt32LE(from + 20)
  counted('members that join and leave', joinedCount + leftCount)

  const joinedAt = from + CONVERSATION_BYTES
  const leftAt = joinedAt + joinedCount * 4
  const idAt = leftAt + leftCount * 4
  const attributesAt = idAt + bytes.readUInt32LE(from + 24)
  const end = attributesAt + bytes.readUInt32LE(from + 28)
  room('a conversation', end - from, from, to)
  finished('a conversation', end, to)

  const description: Description = {
    id: bytes.toString('utf8', idAt, attributesAt),
    owner: bytes.readUInt32LE(from + 12),
    isFrozen: (flags & IS_FROZEN) !== 0,
    attributes: bytes.toString('utf8', attributesAt, end),
  }
  return {
    type: 'conversation',
    conversation: [bytes.readInt32LE(from), bytes.readInt32LE(from + 4)],
    description: flags & HAS_DESCRIPTION ? description : null,
    joined: takeU32Column(bytes, joinedAt, joinedCount),
    left: takeU32Column(bytes, leftAt, leftCount),
  }
}
