/**
 * New accounts and changed profiles: a count, then each with its fixed part and its strings.
 * Attributes have a layout of their own, which is written only when there are any.
 */
import type { AccountChange, Accounts } from '../../../domain/record.ts'
import { counted, finished, listed, putU32, room } from './checks.ts'

const ACCOUNT_BYTES = 20
const ACCOUNT_WITH_ATTRIBUTES_BYTES = 24

const HAS_NICK = 1
const HAS_AVATAR = 2
const HAS_ATTRIBUTES = 4

/** Whether it takes the layout that has attributes. */
export function hasAttributes({ accounts }: Accounts): boolean {
  return accounts.some(({ attributes }) => attributes !== null)
}

export function accountsBytes(record: Accounts): number {
  let bytes = 8 + record.accounts.length * fixedBytes(hasAttributes(record))
  for (const { id, nick, avatarUrl, attributes } of record.accounts) {
    bytes += Buffer.byteLength(id)
    if (nick !== null) bytes += Buffer.byteLength(nick)
    if (avatarUrl !== null) bytes += Buffer.byteLength(avatarUrl)
    if (attributes !== null) bytes += Buffer.byteLength(attributes)
  }
  return bytes
}

export function encodeAccounts(record: Accounts, target: Buffer, offset: number): number {
  const { accounts } = record
  const withAttributes = hasAttributes(record)
  putU32(target, 'accounts', listed('accounts', accounts.length), offset)
  target.writeUInt32LE(0, offset + 4)
  let at = offset + 8
  for (const account of accounts) {
    const { id, nick, avatarUrl, attributes } = account
    const start = at
    at += fixedBytes(withAttributes)
    const idBytes = target.write(id, at)
    at += idBytes
    const nickBytes = nick === null ? 0 : target.write(nick, at)
    at += nickBytes
    const avatarBytes = avatarUrl === null ? 0 : target.write(avatarUrl, at)
    at += avatarBytes
    const attributesBytes = attributes === null ? 0 : target.write(attributes, at)
    at += attributesBytes
    const flags =
      (nick === null ? 0 : HAS_NICK) |
      (avatarUrl === null ? 0 : HAS_AVATAR) |
      (attributes === null ? 0 : HAS_ATTRIBUTES)
    putU32(target, 'account.number', account.number, start)
    target.writeUInt32LE(flags, start + 4)
    target.writeUInt32LE(idBytes, start + 8)
    target.writeUInt32LE(nickBytes, start + 12)
    target.writeUInt32LE(avatarBytes, start + 16)
    if (withAttributes) target.writeUInt32LE(attributesBytes, start + 20)
  }
  return at
}

export function decodeAccounts(
  bytes: Buffer,
  from: number,
  to: number,
  withAttributes: boolean,
): Accounts {
  room('the count of accounts', 8, from, to)
  const count = counted('accounts', bytes.readUInt32LE(from))
  const accounts: AccountChange[] = []
  let at = from + 8
  for (let index = 0; index < count; index += 1) {
    const idAt = at + fixedBytes(withAttributes)
    room('an account', idAt - at, at, to)
    const flags = bytes.readUInt32LE(at + 4)
    const nickAt = idAt + bytes.readUInt32LE(at + 8)
    const avatarAt = nickAt + bytes.readUInt32LE(at + 12)
    const attributesAt = avatarAt + bytes.readUInt32LE(at + 16)
    const end = withAttributes ? attributesAt + bytes.readUInt32LE(at + 20) : attributesAt
    room('the strings of an account', end - idAt, idAt, to)
    accounts.push({
      number: bytes.readUInt32LE(at),
      id: bytes.toString('utf8', idAt, nickAt),
      nick: flags & HAS_NICK ? bytes.toString('utf8', nickAt, avatarAt) : null,
      avatarUrl: flags & HAS_AVATAR ? bytes.toString('utf8', avatarAt, attributesAt) : null,
      attributes:
        withAttributes && flags & HAS_ATTRIBUTES ? bytes.toString('utf8', attributesAt, end) : null,
    })
    at = end
  }
  finished('an accounts record', at, to)
  return { type: 'accounts', accounts }
}

function fixedBytes(withAttributes: boolean): number {
  return withAttributes ? ACCOUNT_WITH_ATTRIBUTES_BYTES : ACCOUNT_BYTES
}
