import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Samples } from '../../../src/engines/embedded/journal/samples.ts'
import { appendEach, message, newFolder, opened, replayed, seed } from './subject.ts'

const START = 1_700_000_000_000

describe('the clock', () => {
  test('stands still while it is a little behind, also over a restart', async () => {
    const folder = newFolder()
    let clock = START
    const now = () => clock
    const first = await opened(folder, { now })
    await appendEach(first, [message('one')])
    await first.close()

    clock -= 9_999
    const second = await opened(folder, { now })
    const [held] = await appendEach(second, [message('two')])
    expect(held!.time).toBe(START)
    await second.close()

    clock = START - 10_000
    const third = await opened(folder, { now })
    const [followed] = await appendEach(third, [message('three')])
    expect(followed!.time).toBe(START - 10_000)
  })

  test('is remembered over a restart by an empty segment', async () => {
    const folder = newFolder()
    let clock = START
    const now = () => clock
    const first = await opened(folder, { now })
    await appendEach(first, [message('one')])
    await first.close()
    await (await opened(folder, { now, generation: 2 })).close()

    clock -= 5000
    const third = await opened(folder, { now })
    expect((await appendEach(third, [message('two')]))[0]!.time).toBe(START)
  })

  test('that says nonsense refuses the append', async () => {
    let clock = START
    const journal = await opened(newFolder(), { now: () => clock })
    for (const nonsense of [Number.NaN, -1, 2 ** 48, Number.POSITIVE_INFINITY]) {
      clock = nonsense
      await expect(journal.append(message('when?'))).rejects.toThrow(/the clock says/)
    }
    clock = START + 0.5
    const [stored] = await appendEach(journal, [message('now')])
    expect(stored!.time).toBe(START)
    expect(await replayed(journal)).toEqual([stored])
  })
})

describe(`a span of time (CARILLON_SEED=${seed})`, () => {
  test('finds every record in it, whatever the clock did, also after a restart', async () => {
    const folder = newFolder()
    let clock = START
    // Large records, so that there are many samples; the clock is set back twice.
    const options = { segmentBytes: 300_000, now: () => clock }
    const journal = await opened(folder, options)
    const stored = []
    for (let n = 0; n < 60; n += 1) {
      clock += n % 20 === 19 ? -50_000 : 1000
      stored.push(...(await appendEach(journal, [message('x'.repeat(10_000))])))
    }
    await journal.close()
    const again = await opened(folder, options)

    for (const one of [journal, again]) {
      for (let from = START - 60_000; from < START + 60_000; from += 3_700) {
        for (const length of [0, 1500, 30_000]) {
          const span = one.span(from, from + length)
          for (const { place, time } of stored) {
            if (time < from || time > from + length) continue
            expect(place).toBeGreaterThanOrEqual(span.from)
            expect(place).toBeLessThan(span.to)
          }
        }
      }
    }
    expect(again.span(START * 2, START * 3)).toEqual({ from: again.end, to: again.end })
  })

  test('is narrow while the clock rises, and can be replayed', async () => {
    let clock = START
    const journal = await opened(newFolder(), { now: () => clock })
    const stored = []
    for (let n = 0; n < 60; n += 1) {
      clock += 1000
      stored.push(...(await appendEach(journal, [message('x'.repeat(10_000))])))
    }
    const { from, to } = journal.span(START + 30_000, START + 31_000)
    expect(to - from).toBeLessThan(4 * 64 * 1024)
    expect(await replayed(journal, from)).toEqual(stored.filter(({ place }) => place >= from))
  })

  test('is what a search through all samples would find', () => {
    const groups = fc.array(
      fc.record({ bytes: fc.integer({ min: 1, max: 20_000 }), time: fc.nat(50), more: fc.nat(5) }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(groups, fc.nat(60), fc.nat(60), (groups, fromMs, toMs) => {
        const samples = new Samples()
        let place = 64
        const all = groups.map(({ bytes, time, more }) => {
          const group = { place, earliest: time, latest: time + more }
          samples.add(group.place, group.earliest, group.latest)
          place += bytes * 8
          return group
        })
        const { from, to } = samples.span(fromMs, toMs, place)
        for (const group of all) {
          if (group.latest < fromMs || group.earliest > toMs) continue
          expect(group.place).toBeGreaterThanOrEqual(from)
          expect(group.place).toBeLessThan(to)
        }
        for (const group of all) {
          const before = samples.groupBefore(group.place + 8)!
          expect(before).toBeLessThanOrEqual(group.place)
          expect(group.place - before).toBeLessThan(64 * 1024)
        }
      }),
      { seed, numRuns: 500 },
    )
  })
})
