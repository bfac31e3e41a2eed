/** Opening the embedded engine, on whatever was left behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { END } from '../../src/domain/place.ts'
import { connect } from '../../src/engines/conformance/engines.ts'
import { accounts, batch, read } from '../../src/engines/conformance/subject.ts'
import { demandRebuild, folderAt } from '../../src/engines/embedded/folder.ts'
import { DamagedJournal } from '../../src/engines/embedded/journal/damage.ts'
import { FolderInUse } from '../../src/engines/embedded/lock.ts'
import { type EmbeddedEngines, openEmbedded } from '../../src/engines/embedded/open.ts'
import { ExitError } from '../../src/lib/exit-codes.ts'

let folder: string
let damaged: string[]
let isOpen: EmbeddedEngines | null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-open-'))
  damaged = []
  isOpen = null
})
afterEach(async () => {
  await isOpen?.close()
  rmSync(folder, { recursive: true })
})

async function open(options: { checkpointEntries?: number } = {}): Promise<EmbeddedEngines> {
  isOpen = await openEmbedded({
    folder,
    segmentBytes: 64 * 1024,
    checkpointEntries: 1_000_000,
    log: { info() {}, warn() {}, error() {} },
    onDamage: (where) => damaged.push(where),
    onFatal(error) {
      throw error
    },
    ...options,
  })
  connect(isOpen)
  return isOpen
}

const BATCHES = 100

/** Two accounts and a hundred batches from one to the other, of which fifty are read. */
async function fill(engines: EmbeddedEngines): Promise<void> {
  const { journal } = engines
  await journal.append(accounts({ number: 1 }, { number: 2, nick: 'Bob' }))
  const stored = await Promise.all(
    Array.from({ length: BATCHES }, () => journal.append(batch(1, [2]))),
  )
  await journal.append(read(2, 1, stored[49]!.place * 512))
}

async function expectFilled({ index, directory }: EmbeddedEngines): Promise<void> {
  expect(directory.count).toBe(2)
  expect(directory.profiles([2])).toMatchObject([{ id: 'user2', nick: 'Bob', avatarUrl: '' }])
  expect(index.unread(2, 1)).toBe(50)
  expect(await everything(index)).toHaveLength(BATCHES)
}

function everything(index: EmbeddedEngines['index']) {
  return index.timeline(2, 1, { after: 0, before: END, limit: 1000, order: 'oldest' })
}

async function leaveFilled(): Promise<void> {
  const engines = await open()
  await fill(engines)
  await engines.close()
}

const segments = () =>
  readdirSync(join(folder, 'journal'))
    .filter((name) => name.endsWith('.journal'))
    .sort()
    .map((name) => join(folder, 'journal', name))

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= 0x10
  writeFileSync(file, bytes)
}

describe('a data folder', () => {
  test('is made when it is missing, for its owner alone', async () => {
    folder = join(folder, 'not', 'yet')
    const engines = await open()
    expect(engines.opened).toMatchObject({ cutBytes: 0, replayed: 0, rebuilt: [] })
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder).sort()).toEqual(
      expect.arrayContaining(['directory.sqlite', 'index', 'journal', 'lock']),
    )
  })

  test('that cannot be made is an error that names it', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const wanted = join(file, 'data')
    const opening = openEmbedded({
      folder: wanted,
      segmentBytes: 4096,
      checkpointEntries: 1000,
      log: { info() {}, warn() {}, error() {} },
      onFatal() {},
    })
    await expect(opening).rejects.toMatchObject({ exit: 'cannotCreate' })
    await expect(opening).rejects.toThrow(`the data folder ${wanted} cannot be created: ENOTDIR`)
  })

  test('is caught up at once after it was closed', async () => {
    await leaveFilled()
    const engines = await open()
    expect(engines.opened).toMatchObject({ cutBytes: 0, replayed: 0, rebuilt: [] })
    await expectFilled(engines)
  })

  test('says how many bytes are free', async () => {
    const engines = await open()
    expect(engines.bytesFree()).toBeGreaterThan(0)
    expect(engines.bytesFree()).toBe(engines.bytesFree())
  })
})

describe('a folder in use', () => {
  test('is refused by its name, until it is closed', async () => {
    const engines = await open()
    await expect(open()).rejects.toThrow(FolderInUse)
    await expect(open()).rejects.toThrow(`the data folder ${folder} is in use by another server`)
    await engines.close()
    await open()
  })

  test('is refused to another process, and given back by one that is killed', async () => {
    const module = join(import.meta.dirname, '../../src/engines/embedded/lock.ts')
    const script = `
      import { lockFolder } from ${JSON.stringify(module)}
      lockFolder(process.argv[1])
      // What nobody refers to is collected; the lock is not to go with it.
      gc()
      setImmediate(() => {
        gc()
        console.log('locked')
        setInterval(() => {}, 1000)
      })`
    const args = ['--expose-gc', '--input-type=module', '--eval', script, folder]
    const other = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(other, 'exit')
    try {
      await Promise.race([once(other.stdout, 'data'), ended])
      await expect(open()).rejects.toThrow(FolderInUse)
    } finally {
      other.kill('SIGKILL')
    }
    await ended
    await open()
  })
})

describe('what is derived', () => {
  test.each(['index', 'directory.sqlite'] as const)(
    'is made again when %s is missing',
    async (name) => {
      await leaveFilled()
      rmSync(join(folder, name), { recursive: true })
      const engines = await open()
      expect(engines.opened).toMatchObject({ replayed: 102, replayedFrom: 0 })
      expect(engines.opened.rebuilt).toEqual([name === 'index' ? 'index' : 'directory'])
      await expectFilled(engines)
      expect(damaged).toEqual([])
    },
  )

  test('is made again when a file asks for it, which is then gone', async () => {
    await leaveFilled()
    demandRebuild(folderAt(folder))
    const engines = await open()
    expect(engines.opened).toMatchObject({ replayed: 102, rebuilt: ['index', 'directory'] })
    expect(existsSync(join(folder, 'rebuild'))).toBe(false)
    await expectFilled(engines)
  })

  test('is made again when the directory is damaged, which is reported', async () => {
    await leaveFilled()
    flipBit(join(folder, 'directory.sqlite'), 3)
    const engines = await open()
    expect(damaged).toEqual(['directory'])
    expect(engines.opened.rebuilt).toEqual(['directory'])
    await expectFilled(engines)
  })

  test('is made again when every checkpoint is damaged, which is reported', async () => {
    await leaveFilled()
    for (const name of readdirSync(join(folder, 'index'))) {
      if (name.endsWith('.header')) flipBit(join(folder, 'index', name), 9)
    }
    const engines = await open()
    expect(damaged).toContain('index')
    expect(engines.opened.rebuilt).toEqual(['index'])
    await expectFilled(engines)
  })

  test('is made again at the next start when a question meets damage', async () => {
    await leaveFilled()
    // Blocks are checked when they are read: opening sees nothing.
    const blocks = join(folder, 'index/blocks')
    const { size } = statSync(blocks)
    for (let at = 200; at < size; at += 128) flipBit(blocks, at)
    const engines = await open()
    expect(damaged).toEqual([])
    await expect(everything(engines.index)).rejects.toMatchObject({ kind: 'damaged' })
    await expect(everything(engines.index)).rejects.toMatchObject({ kind: 'damaged' })
    expect(damaged).toEqual(['index', 'index'])
    await engines.close()

    const again = await open()
    expect(again.opened.rebuilt).toEqual(['index'])
    await expectFilled(again)
  })

  test('is made again at once when catching up meets damage', async () => {
    const engines = await open()
    await fill(engines)
    await engines.index.checkpoint()
    // To apply a read so far back, a block is needed. The checkpoint does not know of it yet.
    const seen = await everything(engines.index)
    await engines.journal.append(read(2, 1, seen[60]!.position))
    await crash(engines)

    const blocks = join(folder, 'index/blocks')
    for (let at = 200; at < statSync(blocks).size; at += 128) flipBit(blocks, at)
    const again = await open()
    expect(damaged).toContain('index')
    expect(again.opened.rebuilt).toEqual(['index'])
    expect(again.index.unread(2, 1)).toBe(39)
  })
})

describe('a journal', () => {
  test('with a torn tail is cut, and says how much', async () => {
    const engines = await open()
    await fill(engines)
    await crash(engines)
    appendFileSync(segments().at(-1)!, Buffer.alloc(100, 7))

    const again = await open()
    expect(again.opened.cutBytes).toBe(100)
    await expectFilled(again)
    expect(damaged).toEqual([])
  })

  test('whose last group was seen by the directory is never cut', async () => {
    await leaveFilled()
    const last = segments().at(-1)!
    flipBit(last, statSync(last).size - 20)

    const error = await open().then(
      () => null,
      (error: unknown) => error as ExitError,
    )
    expect(error).toBeInstanceOf(ExitError)
    expect(error).toMatchObject({ exit: 'ioError', cause: expect.any(DamagedJournal) })
    expect(error?.message).toMatch(/damaged at place \d+ in .*carillon repair/)
    // Nothing is held after that: what is wrong can be mended.
    await expect(open()).rejects.toThrow('damaged at place')
  })

  test('whose last group was seen by a checkpoint is never cut', async () => {
    const engines = await open()
    await fill(engines)
    await engines.index.checkpoint()
    await crash(engines)
    rmSync(join(folder, 'directory.sqlite'))
    rmSync(join(folder, 'directory.sqlite-wal'))
    const last = segments().at(-1)!
    flipBit(last, statSync(last).size - 20)

    await expect(open()).rejects.toMatchObject({ cause: expect.any(DamagedJournal) })
  })

  test('that is damaged where it has been seen serves the rest, and reports it', async () => {
    await leaveFilled()
    const engines = await open()
    const [first] = await everything(engines.index)
    const place = Math.floor(first!.position / 4096) * 8
    flipBit(segments()[0]!, place + 40)

    expect(await engines.journal.read([place])).toEqual([null])
    expect(damaged).toEqual(['journal'])
    await expectFilled(engines)
  })
})

/** Leaves the folder as a kill of the process would at this moment: what follows happens to a copy. */
async function crash(engines: EmbeddedEngines): Promise<void> {
  const left = folder
  folder = mkdtempSync(join(tmpdir(), 'carillon-open-'))
  const filter = (path: string) => !basename(path).startsWith('lock')
  cpSync(left, folder, { recursive: true, filter })
  await engines.close()
  rmSync(left, { recursive: true })
}
