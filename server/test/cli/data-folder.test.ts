/** `carillon repair` and `carillon recount`, on folders as a server leaves them. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { recount } from '../../src/cli/recount.ts'
import { repair } from '../../src/cli/repair.ts'
import { connect } from '../../src/engines/conformance/engines.ts'
import { accounts, batch } from '../../src/engines/conformance/subject.ts'
import { lockFolder } from '../../src/engines/embedded/lock.ts'
import { type EmbeddedEngines, openEmbedded } from '../../src/engines/embedded/open.ts'
import { newFolder } from '../lib/server.ts'

let folder: string
let printed: string[]

beforeEach(() => {
  folder = newFolder()
  printed = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('CARILLON_')) vi.stubEnv(name, undefined)
  }
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.exitCode = undefined
  rmSync(folder, { recursive: true })
})

/** Runs a command, and gives what it printed and the status that it asks for. */
async function run(command: Command, ...args: string[]) {
  printed = []
  process.exitCode = undefined
  const program = new Command().exitOverride().addCommand(command.exitOverride())
  await program.parseAsync([command.name(), '--data', folder, ...args], { from: 'user' })
  return { output: printed.join(''), status: process.exitCode }
}

function open(): Promise<EmbeddedEngines> {
  return openEmbedded({
    folder,
    segmentBytes: 16 * 1024,
    checkpointEntries: 1_000_000,
    log: { info() {}, warn() {}, error() {} },
    onFatal(error) {
      throw error
    },
  })
}

/**
 * Leaves a folder in which each record is a group of its own: accounts 1 to 3, one batch of each, then
 * account 4, and a batch of that. Gives their places.
 */
async function leaveFilled(): Promise<number[]> {
  const engines = await open()
  connect(engines)
  const places: number[] = []
  for (const record of [
    accounts({ number: 1, id: 'ann' }, { number: 2, id: 'bob' }, { number: 3, id: 'cid' }),
    batch(1, [2, 3]),
    batch(2, [3, 1]),
    batch(3, [1, 2]),
    accounts({ number: 4, id: 'dan' }),
    batch(4, [1, 2, 3]),
  ]) {
    places.push((await engines.journal.append(record)).place)
  }
  await engines.close()
  return places
}

function flipBit(place: number): void {
  const name = readdirSync(join(folder, 'journal')).find((file) => file.endsWith('.journal'))!
  const file = join(folder, 'journal', name)
  const bytes = readFileSync(file)
  bytes[place]! ^= 0x10
  writeFileSync(file, bytes)
}

describe('carillon repair', () => {
  test('finds nothing in a folder that is whole, and changes nothing', async () => {
    await leaveFilled()
    const before = statSync(join(folder, 'directory.sqlite')).mtimeMs
    const { output, status } = await run(repair, '--yes')
    expect(output).toMatch(/1 segments and 6 whole groups were read\nnothing is damaged\n$/)
    expect(status).toBe(0)
    expect(statSync(join(folder, 'directory.sqlite')).mtimeMs).toBe(before)
    expect(existsSync(join(folder, 'index'))).toBe(true)
  })

  test('shows what a damaged group held, by ids, and leaves it as it is', async () => {
    const places = await leaveFilled()
    // The group's checksum is wrong, and the record in it is whole.
    flipBit(places[2]! - 44)

    const { output, status } = await run(repair)
    expect(output).toMatch(new RegExp(`^place ${places[2]! - 48}, \\d+ bytes: .*checksum`))
    expect(output).toContain(`held, at place ${places[2]}, `)
    expect(output).toContain('batch from bob to 2 recipients\n')
    expect(output).toMatch(/nothing was changed; with --yes what is damaged is cut out\n$/)
    expect(status).toBe(1)
    expect((await run(repair)).output).toBe(output)
  })

  test('cuts it out, and all else is made again around it', async () => {
    const places = await leaveFilled()
    flipBit(places[2]! - 44)

    const { output, status } = await run(repair, '--yes')
    expect(output).toContain('batch from bob to 2 recipients\n')
    expect(output).toContain('what is damaged has been cut out')
    expect(status).toBe(0)
    expect(existsSync(join(folder, 'index'))).toBe(false)
    expect(existsSync(join(folder, 'directory.sqlite'))).toBe(false)
    expect(existsSync(join(folder, 'rebuild'))).toBe(false)
    expect(await run(repair)).toMatchObject({ status: 0 })

    const engines = await open()
    expect(engines.opened.rebuilt).toEqual(['index', 'directory'])
    expect(await engines.journal.read(places)).toMatchObject([{}, {}, null, {}, {}, {}])
    expect(engines.index.totals(1)).toEqual({ unread: 2, badge: 2 })
    expect(engines.index.unread(3, 2)).toBe(0)
    await engines.close()
    expect(await run(recount)).toMatchObject({ status: 0 })
  })

  test('moves no number when the record of an account is lost, and gives none again', async () => {
    const places = await leaveFilled()
    flipBit(places[4]! - 44)
    const { output } = await run(repair, '--yes')
    expect(output).toContain('accounts: dan\n')

    const engines = await open()
    const { directory, index } = engines
    expect(directory.number('cid')).toBe(3)
    expect(directory.number('dan')).toBe(0)
    expect(directory.id(4)).toBe('')
    expect(directory.nextNumber).toBe(5)
    expect(index.unread(1, 4)).toBe(1)
    await engines.close()
  })

  test('takes the end of the journal for damage when something has seen it', async () => {
    const places = await leaveFilled()
    flipBit(places[5]! + 20)
    await expect(open()).rejects.toThrow(/damaged at place/)

    expect((await run(repair)).status).toBe(1)
    expect((await run(repair, '--yes')).status).toBe(0)
    const engines = await open()
    connect(engines)
    const { place } = await engines.journal.append(batch(1, [2]))
    expect(place).toBeGreaterThan(places[5]!)
    expect(await engines.journal.read([places[5]!])).toEqual([null])
    await engines.close()
  })

  test('refuses a folder in use, and one that is none', async () => {
    await leaveFilled()
    const lock = lockFolder(folder)
    await expect(run(repair)).rejects.toThrow(`${resolve(folder)} is in use by another server`)
    lock.release()
    await expect(run(repair, '--data', join(folder, 'no'))).rejects.toThrow(
      'there is no journal in',
    )
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })
})

describe('carillon recount', () => {
  test('finds every counter right, and says how much it has walked', async () => {
    await leaveFilled()
    expect(await run(recount)).toEqual({
      output: '4 accounts, 6 conversations, 9 copies: every counter is right\n',
      status: 0,
    })
    const { output, status } = await run(recount, '--json')
    expect(JSON.parse(output)).toEqual({ accounts: 4, conversations: 6, copies: 9, differences: 0 })
    expect(status).toBe(0)
  })

  test('names what differs, with ids, and ends with 1', async () => {
    await leaveFilled()
    const { index, directory, close } = await open()
    await close()
    const opened = vi.spyOn(await import('../../src/engines/embedded/open.ts'), 'openEmbedded')
    opened.mockResolvedValue({
      index: {
        size: index.size,
        async *recount() {
          yield { account: 2, peer: 1, counter: 'unread', kept: 3, counted: 1 }
          yield { account: 9, peer: null, counter: 'badge', kept: 0, counted: 1 }
        },
      },
      directory,
      async close() {},
    } as unknown as EmbeddedEngines)

    const words = await run(recount)
    expect(words.output.split('\n').slice(0, 3)).toEqual([
      'bob with ann: unread is kept as 3, and counted as 1',
      'account number 9 over all conversations: badge is kept as 0, and counted as 1',
      '4 accounts, 6 conversations, 9 copies: 2 differences',
    ])
    expect(words.status).toBe(1)
  })

  test('refuses a folder in use, and one that is none', async () => {
    await leaveFilled()
    const lock = lockFolder(folder)
    await expect(run(recount)).rejects.toMatchObject({ exit: 'cannotCreate' })
    lock.release()
    const nowhere = run(recount, '--data', join(folder, 'no'))
    await expect(nowhere).rejects.toMatchObject({ exit: 'configuration' })
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })
})
