/**
 * What is in memory of every account: 28 bytes, by account number, in chunks
 * of 32,768.
 *
 *   word     what
 *    0        the first conversation of its chain, the one that was created last:
 *              its slot + 1; 0: none
 *    1        unread copies over all conversations
 *    2        those of them that count in the badge
 *    3        the conversation with the newest copy that was sent to it: its slot + 1; 0: none
 *    4        who sent that copy. Most accounts hear again from whom they heard last, and
 *              then a batch finds the conversation here and not in the pair table
 *
 *   delivered, beside the words: up to where it has received what was sent to it; 0: nothing
 *
 * Only `delivered` is in a checkpoint; the words follow from the conversations
 * and are made again from them. It is a maximum, so applying it again changes
 * nothing. Chunks of which no account was met are missing.
 */
import type { Position } from '../../../domain/place.ts'

export const ACCOUNT_WORDS = 5
export const HEAD = 0
export const TOTAL_UNREAD = 1
export const TOTAL_BADGE = 2
export const LAST = 3
export const LAST_PEER = 4

export const ACCOUNT_CHUNK_BITS = 15
export const ACCOUNT_CHUNK = 2 ** ACCOUNT_CHUNK_BITS
const CHUNK_MASK = ACCOUNT_CHUNK - 1

export class AccountSlots {
  readonly words: (Int32Array | null)[] = []
  readonly delivered: (Float64Array | null)[] = []

  /** Makes sure that the account has a slot. */
  touch(account: number): void {
    const chunk = account >>> ACCOUNT_CHUNK_BITS
    if (this.words[chunk]) return
    // Without holes: V8 reads those arrays faster.
    while (this.words.length <= chunk) {
      this.words.push(null)
      this.delivered.push(null)
    }
    this.words[chunk] = new Int32Array(ACCOUNT_CHUNK * ACCOUNT_WORDS)
    this.delivered[chunk] = new Float64Array(ACCOUNT_CHUNK)
  }

  /** One word of an account; 0 if it was never met. */
  word(account: number, word: number): number {
    return this.words[account >>> ACCOUNT_CHUNK_BITS]?.[accountAt(account) + word] ?? 0
  }

  deliveredUpTo(account: number): Position {
    return this.delivered[account >>> ACCOUNT_CHUNK_BITS]?.[account & CHUNK_MASK] ?? 0
  }

  deliver(account: number, upTo: Position): void {
    this.touch(account)
    const delivered = this.delivered[account >>> ACCOUNT_CHUNK_BITS]!
    if (delivered[account & CHUNK_MASK]! < upTo) delivered[account & CHUNK_MASK] = upTo
  }

  /** The numbers of the chunks that exist. */
  chunks(): number[] {
    return this.words.flatMap((words, chunk) => (words ? [chunk] : []))
  }

  /** The delivered marks of one chunk, as bytes that are shared with it. */
  deliveredBytes(chunk: number): Uint8Array {
    return new Uint8Array(this.delivered[chunk]!.buffer)
  }

  get bytes(): number {
    return this.chunks().length * ACCOUNT_CHUNK * (ACCOUNT_WORDS * 4 + 8)
  }
}

/** Where an account's words begin in its chunk. */
export function accountAt(account: number): number {
  return (account & CHUNK_MASK) * ACCOUNT_WORDS
}
