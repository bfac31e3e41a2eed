/**
 * node bench/micro/index.ts [--accounts 1000000] [--entries 20000000]
 *
 * The embedded index by itself: what an entry, a conversation, a question, a
 * checkpoint and a start cost. With --cpu-prof it can be seen where the time goes.
 *
 * Times in which the system took the processor away and gave it to another
 * program are left out, so that a busy machine shows itself only by its caches.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Batch } from '../../server/src/domain/batch.ts'
import { END, positionOf } from '../../server/src/domain/place.ts'
import type { Stored } from '../../server/src/domain/record.ts'
import {
  type EmbeddedIndex,
  type IndexOptions,
  openIndex,
} from '../../server/src/engines/embedded/index/open-index.ts'

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '1000000' },
    entries: { type: 'string', default: '20000000' },
  },
})
const accounts = Number(values.accounts)
const entries = Number(values.entries)
const SENDER = 1
const OTHER_SENDER = 2
const FIRST_RECEIVER = 3
const BATCH_ENTRIES = 500
/** Batches that are made at once, so that making them is not measured. */
const ROUND_BATCHES = 16

const folder = mkdtempSync(join(tmpdir(), 'carillon-index-'))
const options: IndexOptions = {
  folder,
  // Only when this program says so: a checkpoint is measured by itself.
  checkpointEntries: Number.POSITIVE_INFINITY,
  onDamage: (fault) => {
    throw fault
  },
}
/** Places that lie as far apart as records of 500 recipients. */
let place = 8

try {
  await measure()
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(): Promise<void> {
  measureYardstick()
  const index = await openIndex(options)
  await measureNewConversations(index)
  await measureEntries(index)
  await measureQuestions(index)

  await pausesDuring('checkpoint', () => index.checkpoint())
  const { copies, conversations } = index.size()
  const blockBytes = statSync(join(folder, 'blocks')).size
  report('blocks on disk', blockBytes / copies, `bytes a copy, of ${copies}`)
  await index.close()

  const before = process.threadCpuUsage()
  const start = performance.now()
  const again = await openIndex(options)
  report('start', performance.now() - start, `ms, ${conversations} conversations`)
  const { user, system } = process.threadCpuUsage(before)
  report('start, of the processor', (user + system) / 1000, 'ms')
  await again.close()
}

/** What the machine's memory gives at this hour: an entry changes words at three such places. */
function measureYardstick(): void {
  const words = new Int32Array(40 * accounts).fill(1)
  const places = Uint32Array.from({ length: 4_000_000 }, () => Math.floor(Math.random() * accounts))
  for (let round = 0; round < 2; round++) {
    const start = performance.now()
    for (let i = 0; i < places.length; i++) words[40 * places[i]!]!++
    const ns = ((performance.now() - start) / places.length) * 1e6
    if (round > 0) report('yardstick: a word anywhere in as much memory', ns, 'ns')
  }
}

async function measureNewConversations(index: EmbeddedIndex): Promise<void> {
  const empty = index.size().bytes
  const receivers = everyReceiver()
  for (const recipients of receivers) touchAccounts(index, recipients)
  const withAccounts = index.size().bytes
  report('memory of an account', (withAccounts - empty) / accounts, 'bytes')
  await measureBatches('new conversation', index, SENDER, receivers)
  const { bytes, conversations } = index.size()
  report('memory of a conversation', (bytes - withAccounts) / conversations, 'bytes')
}

async function measureEntries(index: EmbeddedIndex): Promise<void> {
  await measureBatches('entry', index, SENDER, randomRecipients(entries))
  // Another sender, who has a conversation with everybody too.
  await applyAll(index, OTHER_SENDER, everyReceiver())
  const lastHeardFromOther = randomRecipients(entries / 10)
  await measureBatches('entry, heard last from another', index, SENDER, lastHeardFromOther)
}

async function measureQuestions(index: EmbeddedIndex): Promise<void> {
  await pausesDuring('list of the sender, newest 100', () =>
    index.conversations(SENDER, { before: END, limit: 100 }),
  )
  await pausesDuring('missed by the sender', () => index.missed(SENDER, 0, 1000))
  const readers = Array.from({ length: 1000 }, anyReceiver)
  await clockEach('newest 20 of a conversation', readers, (reader) =>
    index.timeline(reader, SENDER, { after: 0, before: END, limit: 20, order: 'newest' }),
  )
  const middle = positionOf(8 * Math.floor(place / 16), 0)
  await clockEach('missed since the middle, by a receiver', readers, (reader) =>
    index.missed(reader, middle, 100),
  )
}

async function measureBatches(
  what: string,
  index: EmbeddedIndex,
  sender: number,
  batches: Iterable<Int32Array>,
): Promise<void> {
  const times = await applyAll(index, sender, batches)
  times.sort((a, b) => a - b)
  const nsEach = (ms: number) => (ms / BATCH_ENTRIES) * 1e6
  const mean = times.reduce((total, ms) => total + ms, 0) / times.length
  report(what, nsEach(mean), 'ns')
  report(`${what}, half of the batches`, nsEach(times[times.length >> 1]!), 'ns or less')
  report(`${what}, best tenth`, nsEach(times[Math.floor(times.length / 10)]!), 'ns or less')
  report(`${what}, longest batch`, times.at(-1)!, 'ms')
}

/** Returns what each batch took, in milliseconds. */
async function applyAll(
  index: EmbeddedIndex,
  sender: number,
  batches: Iterable<Int32Array>,
): Promise<number[]> {
  const times: number[] = []
  let round: Stored<Batch>[] = []
  const applyRound = async () => {
    for (const stored of round) {
      const watch = startWatch()
      index.apply(stored)
      watch.stop((ms) => times.push(ms))
    }
    round = []
    // Lets writes of blocks go on, as a server does between two groups of calls.
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const recipients of batches) {
    round.push(batchOf(sender, recipients))
    if (round.length === ROUND_BATCHES) await applyRound()
  }
  await applyRound()
  return times
}

/** Makes the slots of accounts: nothing is delivered yet. */
function touchAccounts(index: EmbeddedIndex, recipients: Int32Array): void {
  const touched = Uint32Array.from(recipients)
  const upTo = new Float64Array(touched.length)
  index.apply({ place, time: 0, record: { type: 'delivered', accounts: touched, upTo } })
  place += 8
}

function everyReceiver(): Int32Array[] {
  const batches: Int32Array[] = []
  for (let first = FIRST_RECEIVER; first < accounts; first += BATCH_ENTRIES) {
    const size = Math.min(BATCH_ENTRIES, accounts - first)
    batches.push(Int32Array.from({ length: size }, (_, i) => first + i))
  }
  return batches
}

function* randomRecipients(count: number): Generator<Int32Array> {
  for (let done = 0; done < count; done += BATCH_ENTRIES) {
    yield Int32Array.from({ length: BATCH_ENTRIES }, anyReceiver)
  }
}

function anyReceiver(): number {
  return FIRST_RECEIVER + Math.floor(Math.random() * (accounts - FIRST_RECEIVER))
}

function batchOf(sender: number, recipients: Int32Array): Stored<Batch> {
  const record: Batch = {
    type: 'batch',
    sender,
    recipients,
    failures: [],
    content: { format: 'native', json: '{}', text: '' },
    traits: 0,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
    variables: null,
    key: null,
    series: null,
  }
  const stored = { place, time: 0, record }
  place += 4096
  return stored
}

async function clockEach(
  what: string,
  readers: number[],
  question: (reader: number) => Promise<unknown>,
): Promise<void> {
  const times: number[] = []
  for (const reader of readers) {
    const start = performance.now()
    await question(reader)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  report(`${what}, half`, times[times.length >> 1]!, 'ms or less')
  report(`${what}, 99 %`, times[Math.floor(times.length * 0.99)]!, 'ms or less')
}

/** How long something takes, and for how long at most nobody else had a turn. */
async function pausesDuring(what: string, task: () => Promise<unknown>): Promise<void> {
  let longest = 0
  let watch = startWatch()
  let going = true
  const turn = () => {
    watch.stop((ms) => {
      longest = Math.max(longest, ms)
    })
    watch = startWatch()
    if (going) setImmediate(turn)
  }
  setImmediate(turn)
  const start = performance.now()
  await task()
  going = false
  turn()
  report(what, performance.now() - start, 'ms')
  report(`${what}, longest pause`, longest, 'ms')
}

/** Hands over what a time was, unless the system took the processor away meanwhile. */
function startWatch() {
  const taken = process.resourceUsage().involuntaryContextSwitches
  const start = performance.now()
  return {
    stop(use: (ms: number) => void): void {
      const ms = performance.now() - start
      if (process.resourceUsage().involuntaryContextSwitches === taken) use(ms)
    },
  }
}

function report(what: string, figure: number, unit: string): void {
  console.log(`${what.padEnd(52)} ${figure.toFixed(3).padStart(12)} ${unit}`)
}
