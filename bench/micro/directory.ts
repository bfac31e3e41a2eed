/**
 * node bench/micro/directory.ts [--accounts 1000000]
 *
 * The embedded directory by itself: what an import, a look-up, an account and a
 * start cost. Ids have 12 bytes; a record has 1,000 accounts.
 *
 * Beside each time stands that of the processor, which a busy machine changes less.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { AccountChange, Stored } from '../../server/src/domain/record.ts'
import {
  DIRECTORY_FILE,
  type EmbeddedDirectory,
  openDirectory,
} from '../../server/src/engines/embedded/directory/directory.ts'

const { values } = parseArgs({
  options: { accounts: { type: 'string', default: '1000000' } },
})
const accounts = Number(values.accounts)
const RECORD_ACCOUNTS = 1000
const CALL_IDS = 500
const CALLS = 4000
const TIME = 1_700_000_000_000

const folder = mkdtempSync(join(tmpdir(), 'carillon-directory-'))
const fail = (what: unknown) => {
  throw what
}
const open = () => openDirectory({ folder, onDamage: fail, onFatal: fail })

try {
  const directory = await open()
  await measureImport(directory)
  measureLookUps(directory)
  report('memory for ids', `${(directory.idBytes / directory.count).toFixed(1)} bytes an account`)
  await directory.close()
  const bytes = statSync(join(folder, DIRECTORY_FILE)).size
  report('file', `${(bytes / accounts).toFixed(1)} bytes an account`)

  const opening = watch()
  const again = await open()
  report('start', `${opening.wall()} ms, ${opening.processor()} ms of the processor`)
  await again.close()
} finally {
  rmSync(folder, { recursive: true })
}

async function measureImport(directory: EmbeddedDirectory): Promise<void> {
  const pauses: number[] = []
  let wall = 0
  let processor = 0
  for (let first = 1; first <= accounts; first += RECORD_ACCOUNTS) {
    const stored = recordFrom(first)
    const applying = watch()
    directory.apply(stored)
    if (first + RECORD_ACCOUNTS > accounts) directory.flush()
    wall += applying.wall()
    processor += applying.processor()
    pauses.push(applying.processor())
  }
  pauses.sort((a, b) => b - a)
  report('import', `${perSecond(wall)} accounts/s, ${perSecond(processor)} of the processor`)
  report('longest record', `${pauses[0]?.toFixed(1)} ms of the processor`)
}

/** 500 ids of a call, in the bytes of its body. */
function measureLookUps(directory: EmbeddedDirectory): void {
  const bodies = Array.from({ length: CALLS }, () => {
    const ids = Array.from({ length: CALL_IDS }, () =>
      idOf(1 + Math.floor(Math.random() * accounts)),
    )
    return Buffer.from(JSON.stringify(ids))
  })
  const idBytes = idOf(1).length
  const ranges = new Int32Array(2 * CALL_IDS)
  const numbers = new Uint32Array(CALL_IDS)
  let unknown = 0
  const looking = watch()
  for (const body of bodies) {
    let count = 0
    for (let at = 2; at < body.length; at += idBytes + 3) {
      ranges[2 * count] = at
      ranges[2 * count + 1] = at + idBytes
      count += 1
    }
    directory.numbersAt(body, ranges, count, numbers)
    for (const number of numbers) if (number === 0) unknown += 1
  }
  const each = (looking.processor() * 1000) / CALLS / CALL_IDS
  report('look-up', `${each.toFixed(3)} µs of the processor, ${unknown} unknown`)
}

function recordFrom(first: number): Stored {
  const changes = Array.from({ length: RECORD_ACCOUNTS }, (_, i): AccountChange => {
    return { number: first + i, id: idOf(first + i), nick: null, avatarUrl: null, attributes: null }
  })
  return { place: first * 8, time: TIME, record: { type: 'accounts', accounts: changes } }
}

function idOf(number: number): string {
  return `user${String(number).padStart(8, '0')}`
}

function perSecond(milliseconds: number): string {
  return Math.round((accounts / milliseconds) * 1000).toLocaleString('en')
}

function watch() {
  const start = performance.now()
  const before = process.threadCpuUsage()
  return {
    wall: () => Math.round((performance.now() - start) * 1000) / 1000,
    processor() {
      const { user, system } = process.threadCpuUsage(before)
      return (user + system) / 1000
    },
  }
}

function report(what: string, result: string): void {
  console.log(`${what.padEnd(16)} ${result}`)
}
