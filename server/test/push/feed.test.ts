import { expect, test } from 'vitest'
import { type Batch, Trait } from '../../src/domain/batch.ts'
import { PLACE_MAX } from '../../src/domain/place.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'
import { Feed } from '../../src/pipeline/push/feed.ts'
import { Presence } from '../../src/pipeline/push/presence.ts'
import { said } from '../pipeline/stage.ts'
import { until } from './pushing.ts'

function batch(number: number, traits = 0): Batch {
  return {
    type: 'batch',
    sender: 1,
    recipients: Int32Array.of(2, 3),
    failures: [],
    content: said(`batch ${number}`),
    traits,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
    variables: null,
    key: null,
    series: null,
  }
}

function openFeed({ journal }: Engines, faults: unknown[] = []) {
  const feed = new Feed(journal, (error) => faults.push(error))
  journal.follow((group) => feed.add(group))
  return feed
}

/** Takes the texts of batches until told to stop, one whenever `may` says so. */
function reader(feed: Feed, from: number) {
  const ending = new AbortController()
  const texts: string[] = []
  const run = async () => {
    for await (const { stored } of feed.between(from, PLACE_MAX, ending.signal)) {
      if (stored !== null) texts.push(stored.record.content.text)
    }
  }
  const done = run()
  return {
    texts,
    async end() {
      ending.abort()
      feed.wake()
      await done
    },
  }
}

test('who falls behind what is in memory reads the journal, and is back without gap or repeat', async () => {
  const engines = await openMemoryEngines()
  const feed = openFeed(engines)
  const start = engines.journal.end
  const count = 25_000
  const early = reader(feed, start)
  for (let first = 0; first < count; first += 1000) {
    const numbers = Array.from({ length: 1000 }, (_, i) => first + i)
    await Promise.all(
      numbers.map((n) => engines.journal.append(batch(n, n % 5 === 0 ? Trait.unpushed : 0))),
    )
  }
  const late = reader(feed, start)
  const wanted = count - count / 5
  await until(() => early.texts.length === wanted && late.texts.length === wanted)
  await engines.journal.append(batch(count))
  await until(() => early.texts.length === wanted + 1 && late.texts.length === wanted + 1)
  const expected = Array.from({ length: count }, (_, i) => i).filter((i) => i % 5 !== 0)
  expect(late.texts).toEqual([...expected, count].map((i) => `batch ${i}`))
  expect(early.texts).toEqual(late.texts)
  await early.end()
  await late.end()
})

test('what cannot be read any more is told, and passed over', async () => {
  const engines = await openMemoryEngines()
  const { journal } = engines
  const before = journal.end
  journal.follow(() => {})
  await journal.append(batch(1))
  const faults: unknown[] = []
  const damaged = {
    ...journal,
    get end() {
      return journal.end
    },
    // biome-ignore lint/correctness/useYield: it fails before it has anything to give
    async *replay() {
      throw new Error('the checksum does not match')
    },
  }
  const feed = new Feed(damaged, (error) => faults.push(error))
  const { texts, end } = reader(feed, before)
  await until(() => faults.length === 1)
  const stored = await journal.append(batch(2))
  feed.add([stored])
  await until(() => texts.length === 1)
  expect(texts).toEqual(['batch 2'])
  await end()
})

test('it is remembered who was online, of those to whom something could be pushed', async () => {
  const { index } = await openMemoryEngines()
  const open = new Set([2, 3])
  const presence = new Presence({
    index,
    isOpen: (account) => open.has(account),
    isReachable: (account) => account !== 3,
  })
  presence.remember({ place: 8, time: 0, record: batch(1) })
  open.delete(2)
  open.add(4)
  expect(presence.wasOpen(2, 8)).toBe(true)
  expect(presence.wasOpen(4, 8)).toBe(false)
  // Of a batch that nobody remembers, those count who are online now.
  expect(presence.wasOpen(2, 16)).toBe(false)
  expect(presence.wasOpen(4, 16)).toBe(true)
})
