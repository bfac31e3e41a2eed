/**
 * A block: eight consecutive copies of one conversation on disk, 128 bytes, so
 * that none lies across two pages. Blocks of one conversation are numbered
 * from 0: block n holds copies 8n to 8n + 7. Its *address* says where it
 * stands in the file: at byte 128 × address.
 *
 *   word           what
 *    0              CRC-32 of the rest
 *    1              slot of the conversation
 *    2              number
 *    3              address of the block before, number - 1
 *    4   5          copies that counted for the lower and the higher side, before this block
 *    6   7          those of them that are not in the badge
 *    8 … 23         the entries (entry.ts)
 *   24 … 31         if the number is divisible by 8 and not 0: for each level from 1 to 8,
 *                   the address of the newest block before this one whose number is
 *                   divisible by 8 to that power
 *
 * With the counters, what is unread after any mark is a difference of two
 * blocks. With the levels, any block is found in at most 8 reads a level.
 */
import { Fault } from '../../../domain/errors.ts'
import type { Position } from '../../../domain/place.ts'
import { crcOfWords } from './crc.ts'
import { entryPosition } from './entry.ts'

export const BLOCK_WORDS = 32
export const BLOCK_BYTES = BLOCK_WORDS * 4
export const BLOCK_ENTRIES = 8

const BLOCK_CRC = 0
export const BLOCK_SLOT = 1
export const BLOCK_NUMBER = 2
export const BLOCK_PREVIOUS = 3
export const BLOCK_COUNTED = 4
export const BLOCK_UNBADGED = 6
export const BLOCK_RING = 8
export const BLOCK_LEVELS = 24

/** Between two blocks that have levels. */
export const LANDING_EVERY = 8
export const LEVELS = 8

/** A block by itself: 32 words that nobody changes any more. */
export type Block = Int32Array

/** A block that somebody wants to see, and what must be in it. */
export interface Wanted {
  address: number
  slot: number
  number: number
}

export function firstPosition(block: Block): Position {
  return entryPosition(block[BLOCK_RING]!, block[BLOCK_RING + 1]!)
}

export function addressAtLevel(block: Block, level: number): number {
  return block[BLOCK_LEVELS + level - 1]!
}

/** The newest number before `number` that is divisible by 8 to the power of `level`. */
export function numberAtLevel(number: number, level: number): number {
  const step = LANDING_EVERY ** level
  return Math.floor((number - 1) / step) * step
}

/** Makes the block that begins at `at` whole. */
export function seal(words: Int32Array, at: number): void {
  words[at + BLOCK_CRC] = crcOfWords(words, at + 1, at + BLOCK_WORDS)
}

/** Refuses what is not the block that was wanted. */
export function check(block: Block, { address, slot, number }: Wanted): Block {
  const name = `block ${address} of the index (conversation ${slot}, number ${number})`
  const crc = crcOfWords(block, 1, BLOCK_WORDS)
  if (block[BLOCK_CRC] !== crc) {
    throw new Fault('damaged', `${name} has checksum ${hex(block[BLOCK_CRC]!)}, not ${hex(crc)}`)
  }
  if (block[BLOCK_SLOT] !== slot || block[BLOCK_NUMBER] !== number) {
    const found = `conversation ${block[BLOCK_SLOT]}, number ${block[BLOCK_NUMBER]}`
    throw new Fault('damaged', `${name} holds another: ${found}`)
  }
  return block
}

const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
