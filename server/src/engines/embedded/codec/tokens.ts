/** Tokens of an account: those that it was given, with their ends, then those that were taken. */
import type { Tokens } from '../../../domain/record.ts'
import { counted, finished, listed, putU32, room } from './checks.ts'
import { putText, takeTexts, textBytes } from './texts.ts'

const TOKENS_BYTES = 16
const GIVEN_BYTES = 12

export function tokensBytes({ given, taken }: Tokens): number {
  let bytes = TOKENS_BYTES
  for (const { token } of given) bytes += GIVEN_BYTES + textBytes(token)
  for (const token of taken) bytes += textBytes(token)
  return bytes
}

export function encodeTokens(
  { account, given, taken }: Tokens,
  target: Buffer,
  offset: number,
): number {
  putU32(target, 'account', account, offset)
  putU32(target, 'given', listed('given', given.length), offset + 4)
  putU32(target, 'taken', listed('taken', taken.length), offset + 8)
  target.writeUInt32LE(0, offset + 12)
  let at = offset + TOKENS_BYTES
  for (const { token, expiresAt } of given) {
    target.writeDoubleLE(expiresAt ?? 0, at)
    target.writeUInt32LE(expiresAt === null ? 0 : 1, at + 8)
    at = putText(target, token, at + GIVEN_BYTES)
  }
  for (const token of taken) at = putText(target, token, at)
  return at
}

export function decodeTokens(bytes: Buffer, from: number, to: number): Tokens {
  room('the fixed part of tokens', TOKENS_BYTES, from, to)
  const givenCount = counted('given tokens', bytes.readUInt32LE(from + 4))
  const takenCount = counted('taken tokens', bytes.readUInt32LE(from + 8))
  const given: { token: string; expiresAt: number | null }[] = []
  let at = from + TOKENS_BYTES
  for (let index = 0; index < givenCount; index += 1) {
    room('a given token', GIVEN_BYTES, at, to)
    const expiresAt = bytes.readUInt32LE(at + 8) === 0 ? null : bytes.readDoubleLE(at)
    const { texts, end } = takeTexts(bytes, 'a given token', 1, at + GIVEN_BYTES, to)
    given.push({ token: texts[0]!, expiresAt })
    at = end
  }
  const { texts: taken, end } = takeTexts(bytes, 'a taken token', takenCount, at, to)
  finished('a tokens record', end, to)
  return { type: 'tokens', account: bytes.readUInt32LE(from), given, taken }
}
