/** New accounts and changed profiles: a count, then each with its fixed part and its strings. */
import type { AccountChange, Accounts } from '../../../domain/record.ts'
import { counted, finished, listed, putU32, room } from './checks.ts'

const ACCOUNT_BYTES = 20

const HAS_NICK = 1
const HAS_AVATAR = 2

export function accountsBytes({ accounts }: Accounts): number {
  let bytes = 8
  for (const { id, nick, avatarUrl } of accounts) {
    bytes += ACCOUNT_BYTES + Buffer.byteLength(id)
    if (nick !== null) bytes += Buffer.byteLength(nick)
    if (avatarUrl !== null) bytes += Buffer.byteLength(avatarUrl)
  }
  return bytes
}

export function encodeAccounts({ accounts }: Accounts, target: Buffer, offset: number): number {
  putU32(target, 'accounts', listed('accounts', accounts.length), offset)
  target.writeUInt32LE(0, offset + 4)
  let at = offset + 8
  for (const account of accounts) {
    const { id, nick, avatarUrl } = account
    const start = at
    at += ACCOUNT_BYTES
    const idBytes = target.write(id, at)
    at += idBytes
    const nickBytes = nick === null ? 0 : target.write(nick, at)
    at += nickBytes
    const avatarBytes = avatarUrl === null ? 0 : target.write(avatarUrl, at)
    at += avatarBytes
    const flags = (nick === null ? 0 : HAS_NICK) | (avatarUrl === null ? 0 : HAS_AVATAR)
    putU32(target, 'account.number', account.number, start)
    target.writeUInt32LE(flags, start + 4)
    target.writeUInt32LE(idBytes, start + 8)
    target.writeUInt32LE(nickBytes, start + 12)
    target.writeUInt32LE(avatarBytes, start + 16)
  }
  return at
}

export function decodeAccounts(bytes: Buffer, from: number, to: number): Accounts {
  room('the count of accounts', 8, from, to)
  const count = counted('accounts', bytes.readUInt32LE(from))
  const accounts: AccountChange[] = []
  let at = from + 8
  for (let index = 0; index < count; index += 1) {
    room('an account', ACCOUNT_BYTES, at, to)
    const flags = bytes.readUInt32LE(at + 4)
    const idAt = at + ACCOUNT_BYTES
    const nickAt = idAt + bytes.readUInt32LE(at + 8)
    const avatarAt = nickAt + bytes.readUInt32LE(at + 12)
    const end = avatarAt + bytes.readUInt32LE(at + 16)
    room('the strings of an account', end - idAt, idAt, to)
    accounts.push({
      number: bytes.readUInt32LE(at),
      id: bytes.toString('utf8', idAt, nickAt),
      nick: flags & HAS_NICK ? bytes.toString('utf8', nickAt, avatarAt) : null,
      avatarUrl: flags & HAS_AVATAR ? bytes.toString('utf8', avatarAt, end) : null,
    })
    at = end
  }
  finished('an accounts record', at, to)
  return { type: 'accounts', accounts }
}
