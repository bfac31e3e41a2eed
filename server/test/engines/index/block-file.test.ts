/**
 * The file of blocks, over a disk that is slow, full or broken.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  BLOCK_BYTES,
  BLOCK_NUMBER,
  BLOCK_SLOT,
  BLOCK_WORDS,
} from '../../../src/engines/embedded/index/block.ts'
import { BlockFile } from '../../../src/engines/embedded/index/block-file.ts'
import { newFolder } from './subject.ts'

const EXTENT = 4
const NAME = -77

afterEach(() => {
  vi.restoreAllMocks()
})

function created(): { blocks: BlockFile; path: string } {
  const path = join(newFolder(), 'blocks')
  return { blocks: BlockFile.create(path, NAME, EXTENT), path }
}

/** Appends the nth block of a conversation; its address is n + 1. */
function append(blocks: BlockFile, number: number): void {
  const { nextWords, nextAt } = blocks
  nextWords.fill(number, nextAt, nextAt + BLOCK_WORDS)
  nextWords[nextAt + BLOCK_SLOT] = 5
  nextWords[nextAt + BLOCK_NUMBER] = number
  expect(blocks.append()).toBe(number + 1)
}

async function expectAll(blocks: BlockFile, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const wanted = { address: number + 1, slot: 5, number }
    expect((await blocks.read(wanted))[31]).toBe(number)
    expect(blocks.readSync(wanted)[31]).toBe(number)
  }
}

const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

test('a block can be read from the moment it is there, wherever it is', async () => {
  const { blocks, path } = created()
  for (let number = 0; number < 30; number++) {
    append(blocks, number)
    await expectAll(blocks, number + 1)
  }
  await blocks.flush(blocks.next)
  await expectAll(blocks, 30)
  await blocks.close()

  BlockFile.verify(path, NAME, 20)
  const again = BlockFile.open(path, NAME, 20, EXTENT)
  expect(fs.statSync(path).size).toBe(20 * BLOCK_BYTES)
  await expectAll(again, 19)
  for (let number = 19; number < 40; number++) append(again, number)
  await again.flush(again.next)
  await expectAll(again, 40)
  await again.close()
})

test('a flush makes what is before its end durable, and no more', async () => {
  const { blocks, path } = created()
  for (let number = 0; number < 10; number++) append(blocks, number)
  await blocks.flush(7)
  expect(fs.statSync(path).size).toBeGreaterThanOrEqual(7 * BLOCK_BYTES)
  BlockFile.verify(path, NAME, 7)
  await expectAll(blocks, 10)
  await blocks.close()
})

test('another block than the wanted one is refused', async () => {
  const { blocks } = created()
  append(blocks, 0)
  const wanted = { address: 1, slot: 5, number: 0 }
  await expect(blocks.read({ ...wanted, number: 1 })).rejects.toMatchObject({ kind: 'damaged' })
  await expect(blocks.read({ ...wanted, slot: 6 })).rejects.toThrow(/holds another/)
  await expect(blocks.read({ ...wanted, address: 99 })).rejects.toThrow(/has 0 bytes, not 128/)
  expect(() => blocks.readSync({ ...wanted, address: 99 })).toThrow(/has 0 bytes, not 128/)
  await blocks.close()
  await expect(blocks.read(wanted)).rejects.toMatchObject({ kind: 'stopping' })
})

describe('on a disk', () => {
  test('that does not answer, appending writes by itself, and everything stays readable', async () => {
    const { blocks } = created()
    const stalled: (() => void)[] = []
    const { write } = fs
    vi.spyOn(fs, 'write').mockImplementation(((...args: Parameters<typeof write>) => {
      stalled.push(() => write(...args))
    }) as typeof write)
    const writeSync = vi.spyOn(fs, 'writeSync')
    for (let number = 0; number < 200; number++) append(blocks, number)
    await expectAll(blocks, 200)
    expect(writeSync).toHaveBeenCalled()
    expect(blocks.bytes).toBeLessThanOrEqual(40 * EXTENT * BLOCK_BYTES)

    const flushed = blocks.flush(blocks.next)
    vi.mocked(fs.write).mockRestore()
    for (const go of stalled) go()
    await flushed
    await expectAll(blocks, 200)
    await blocks.close()
  })

  test('that is full for a while, nothing is lost', async () => {
    const { blocks, path } = created()
    vi.spyOn(fs, 'write').mockImplementation(((...args: unknown[]) => {
      setImmediate(args.at(-1) as (error: Error) => void, full)
    }) as typeof fs.write)
    for (let number = 0; number < 20; number++) append(blocks, number)
    await expect(blocks.flush(blocks.next)).rejects.toThrow('ENOSPC')
    await expectAll(blocks, 20)

    vi.restoreAllMocks()
    append(blocks, 20)
    await blocks.flush(blocks.next)
    await expectAll(blocks, 21)
    await blocks.close()
    BlockFile.verify(path, NAME, 22)
    const again = BlockFile.open(path, NAME, 22, EXTENT)
    await expectAll(again, 21)
    await again.close()
  })

  test('that is full for too long, appending fails', async () => {
    const { blocks } = created()
    vi.spyOn(fs, 'write').mockImplementation(((...args: unknown[]) => {
      setImmediate(args.at(-1) as (error: Error) => void, full)
    }) as typeof fs.write)
    vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw full
    })
    expect(() => {
      for (let number = 0; number < 1000; number++) append(blocks, number)
    }).toThrow('ENOSPC')
    await blocks.close()
  })

  test('that fails to sync, no later flush is believed', async () => {
    const { blocks } = created()
    append(blocks, 0)
    vi.spyOn(fs, 'fdatasync').mockImplementationOnce((_, done) => {
      setImmediate(done, new Error('EIO: i/o error'))
    })
    await expect(blocks.flush(blocks.next)).rejects.toThrow('EIO')
    append(blocks, 1)
    await expect(blocks.flush(blocks.next)).rejects.toThrow('EIO')
    await expectAll(blocks, 2)
    await blocks.close()
  })

  test('that writes a few bytes at a time, everything arrives', async () => {
    const { blocks } = created()
    const { write } = fs
    vi.spyOn(fs, 'write').mockImplementation(((fd, bytes, from, length, at, done) =>
      write(fd, bytes, from, Math.min(length!, 100), at, done!)) as typeof write)
    for (let number = 0; number < 9; number++) append(blocks, number)
    await blocks.flush(blocks.next)
    await expectAll(blocks, 9)
    await blocks.close()
  })
})
