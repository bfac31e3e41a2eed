/**
 * The file of blocks: append-only, and read at random.
 *
 * Its unit is the *extent*, 8,192 blocks or 1 MiB. The last extent is in
 * memory and grows; a full one is written in one go, asynchronously, and let go:
 *
 *   growing ──append fills it──▶ full ──write──▶ on disk only
 *      └────────── flush writes what it holds and leaves it growing
 *
 * Promises:
 *
 *   1. A block can be read from the moment it is appended.
 *   2. What is written is never written again, and never changed.
 *   3. After `flush(end)` everything before `end` is on stable storage.
 *   4. At most WAITING_MAX full extents wait. Then appending writes the next one itself,
 *      synchronously: a disk that is slower than the records slows them down.
 *   5. A write that fails (a full disk) is tried again by the next; until it succeeds its
 *      blocks stay in memory. A failed *sync* is never tried again: what it should have
 *      made durable may be gone from the system's memory. So every later flush fails, and
 *      no checkpoint can name these blocks.
 *
 * Address 0 holds the file's own name, a random number that checkpoints repeat: no
 * checkpoint is ever read with the blocks of another file.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { Fault } from '../../../domain/errors.ts'
import {
  BLOCK_BYTES,
  BLOCK_NUMBER,
  BLOCK_SLOT,
  BLOCK_WORDS,
  type Block,
  check,
  seal,
  type Wanted,
} from './block.ts'

export const EXTENT_BLOCKS = 8192
const WAITING_MAX = 32
/** Addresses are 32-bit numbers; this is 256 GB, or 17 thousand million copies. */
const ADDRESS_MAX = 0x7fffffff
const SPARE_MAX = 4
/** Stands where a block has its number; none has this one. */
const NAME_MARK = -1

interface Extent {
  /** Address of its first block. */
  first: number
  words: Int32Array
  /** Address of the first block that is in memory. Those before it an earlier run has written. */
  from: number
  /** Address after the last block that is on disk. */
  written: number
  /** An asynchronous write of it is under way. */
  writing: boolean
}

export class BlockFile {
  readonly #fd: number
  readonly #extentBlocks: number
  readonly name: number
  /** The address of the next block. */
  next: number
  /** The words in which the next block is to be made; it begins at `nextAt`. */
  nextWords: Int32Array
  /** How many blocks were read from the file. */
  reads = 0
  #extents: Extent[]
  #spare: Int32Array[] = []
  /** Ends when what was asked of the file so far is done; never rejects. */
  #turn: Promise<unknown> = Promise.resolve()
  /** Reads under way. */
  #reading = new Set<Promise<unknown>>()
  #waitsForFull = false
  #closed = false
  #failedSync: unknown = null

  private constructor(fd: number, name: number, next: number, extentBlocks: number) {
    this.#fd = fd
    this.name = name
    this.next = next
    this.#extentBlocks = extentBlocks
    const extent = this.#extentFor(next)
    this.#extents = [extent]
    this.nextWords = extent.words
  }

  /** A new file, which must not exist yet. */
  static create(path: string, name: number, extentBlocks = EXTENT_BLOCKS): BlockFile {
    const fd = fs.openSync(path, 'wx+')
    const block = new Int32Array(BLOCK_WORDS)
    block[BLOCK_SLOT] = name
    block[BLOCK_NUMBER] = NAME_MARK
    seal(block, 0)
    writeAllSync(fd, bytesOf(block), 0)
    return new BlockFile(fd, name, 1, extentBlocks)
  }

  /** Throws Fault `damaged` unless this file has that name and all blocks before `end`. */
  static verify(path: string, name: number, end: number): void {
    const fd = fs.openSync(path, 'r')
    try {
      const { size } = fs.fstatSync(fd)
      if (size < end * BLOCK_BYTES) {
        throw new Fault('damaged', `${path} has ${size} bytes, not ${end * BLOCK_BYTES}`)
      }
      const block = new Int32Array(BLOCK_WORDS)
      fs.readSync(fd, block, 0, BLOCK_BYTES, 0)
      check(block, { address: 0, slot: name, number: NAME_MARK })
    } finally {
      fs.closeSync(fd)
    }
  }

  /** A verified file as it was when `next` was the next address; what comes after is cut off. */
  static open(path: string, name: number, next: number, extentBlocks = EXTENT_BLOCKS): BlockFile {
    const fd = fs.openSync(path, 'r+')
    fs.ftruncateSync(fd, next * BLOCK_BYTES)
    return new BlockFile(fd, name, next, extentBlocks)
  }

  get nextAt(): number {
    return (this.next % this.#extentBlocks) * BLOCK_WORDS
  }

  /** The next block is made. Returns its address. */
  append(): number {
    seal(this.nextWords, this.nextAt)
    const address = this.next++
    if (this.next % this.#extentBlocks === 0) this.#grow()
    return address
  }

  /** Reads a block, and waits for the disk if it must. */
  async read(wanted: Wanted): Promise<Block> {
    if (this.#closed) throw new Fault('stopping')
    const block = this.#fromMemory(wanted.address)
    if (block) return check(block, wanted)
    const reading = this.#fromDisk(wanted.address)
    this.#reading.add(reading)
    try {
      return check(await reading, wanted)
    } finally {
      this.#reading.delete(reading)
    }
  }

  /** The same, but the process waits too. */
  readSync(wanted: Wanted): Block {
    return check(this.#fromMemory(wanted.address) ?? this.#fromDiskSync(wanted.address), wanted)
  }

  /** Makes every block before the address `end` durable. */
  async flush(end: number): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#failedSync) throw this.#failedSync
      await this.#writeUntil(end)
      await new Promise<void>((resolve, reject) => {
        fs.fdatasync(this.#fd, (error) => (error ? reject(error) : resolve()))
      }).catch((error) => {
        this.#failedSync = error
        throw error
      })
    })
  }

  get bytes(): number {
    return (this.#extents.length + this.#spare.length) * this.#extentBlocks * BLOCK_BYTES
  }

  /** Waits for what is under way, and closes. Blocks that no flush has written are forgotten. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#turn
    await Promise.allSettled(this.#reading)
    fs.closeSync(this.#fd)
  }

  #grow(): void {
    if (this.next >= ADDRESS_MAX - this.#extentBlocks) {
      throw new Error(`the index holds ${this.next} blocks, and cannot hold more`)
    }
    if (this.#extents.length >= WAITING_MAX) this.#writeOneSync()
    const extent = this.#extentFor(this.next)
    this.#extents.push(extent)
    this.nextWords = extent.words
    this.#writeFull()
  }

  #extentFor(next: number): Extent {
    const words = this.#spare.pop() ?? new Int32Array(this.#extentBlocks * BLOCK_WORDS)
    const first = next - (next % this.#extentBlocks)
    return { first, words, from: next, written: next, writing: false }
  }

  /** Starts writing the full extents, unless that is under way. */
  #writeFull(): void {
    if (this.#waitsForFull) return
    this.#waitsForFull = true
    const written = this.#inTurn(() => {
      this.#waitsForFull = false
      return this.#writeUntil(this.#extents.at(-1)!.first)
    })
    // Tried again when the next extent is full, and by every flush, which tells its caller.
    written.catch(() => {})
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task)
    this.#turn = done.catch(() => {})
    return done
  }

  async #writeUntil(end: number): Promise<void> {
    for (;;) {
      const extent = this.#extents.find(
        ({ written, first }) => written < Math.min(end, this.#endOf(first)),
      )
      if (!extent) return
      extent.writing = true
      try {
        const upTo = Math.min(end, this.next, this.#endOf(extent.first))
        await writeAll(this.#fd, this.#part(extent, upTo), extent.written * BLOCK_BYTES)
        extent.written = upTo
      } finally {
        extent.writing = false
      }
      this.#letGo(extent)
    }
  }

  #writeOneSync(): void {
    const extent = this.#extents.find(({ writing }) => !writing)
    assert(extent, 'only one extent is written at a time')
    const upTo = this.#endOf(extent.first)
    writeAllSync(this.#fd, this.#part(extent, upTo), extent.written * BLOCK_BYTES)
    extent.written = upTo
    this.#letGo(extent)
  }

  /** Forgets an extent that is full and on disk. */
  #letGo(extent: Extent): void {
    if (extent.written < this.#endOf(extent.first)) return
    this.#extents.splice(this.#extents.indexOf(extent), 1)
    if (this.#spare.length < SPARE_MAX) this.#spare.push(extent.words)
  }

  /** What of an extent is not yet written, up to an address. */
  #part({ first, words, written }: Extent, upTo: number): Uint8Array {
    return bytesOf(words).subarray((written - first) * BLOCK_BYTES, (upTo - first) * BLOCK_BYTES)
  }

  #endOf(first: number): number {
    return first + this.#extentBlocks
  }

  /** A copy of the block; null: it is only on disk. */
  #fromMemory(address: number): Block | null {
    const extent = this.#extents.find(
      ({ first, from }) => address >= from && address < this.#endOf(first),
    )
    if (!extent || address >= this.next) return null
    const at = (address - extent.first) * BLOCK_WORDS
    return extent.words.slice(at, at + BLOCK_WORDS)
  }

  #fromDisk(address: number): Promise<Block> {
    this.reads++
    const block = new Int32Array(BLOCK_WORDS)
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, block, 0, BLOCK_BYTES, address * BLOCK_BYTES, (error, bytes) => {
        if (error || bytes < BLOCK_BYTES) reject(unreadable(address, bytes, error))
        else resolve(block)
      })
    })
  }

  #fromDiskSync(address: number): Block {
    this.reads++
    const block = new Int32Array(BLOCK_WORDS)
    try {
      const bytes = fs.readSync(this.#fd, block, 0, BLOCK_BYTES, address * BLOCK_BYTES)
      if (bytes === BLOCK_BYTES) return block
      throw unreadable(address, bytes, null)
    } catch (error) {
      throw error instanceof Fault ? error : unreadable(address, 0, error)
    }
  }
}

function unreadable(address: number, bytes: number, cause: unknown): Fault {
  const what = cause
    ? `cannot be read: ${(cause as Error).message}`
    : `has ${bytes} bytes, not ${BLOCK_BYTES}`
  return new Fault('damaged', `block ${address} of the index ${what}`, cause ?? undefined)
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

/** A write may take less than it was given. */
async function writeAll(fd: number, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await new Promise<number>((resolve, reject) => {
      fs.write(fd, bytes, done, bytes.length - done, at + done, (error, written) =>
        error ? reject(error) : resolve(written),
      )
    })
  }
}

function writeAllSync(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, at + done)
  }
}
