/**
 * What every set of engines promises: the three, as the server uses them
 * together.
 */
import { describe, expect, test } from 'vitest'
import { PLACE_STEP } from '../../domain/place.ts'
import type { Engines } from '../engines.ts'
import { accounts, batch, type Open, positionOf, read } from './subject.ts'

export function enginesKeepTheirPromises(name: string, open: Open<Engines>): void {
  describe(`${name} engines`, () => {
    test('show what was appended through the index and the directory at once', async () => {
      await using subject = await open()
      const { it: engines } = subject
      connect(engines)
      await engines.journal.append(accounts({ number: 1 }, { number: 2, nick: 'Bob' }))
      const { place } = await engines.journal.append(batch(1, [2]))

      expect(engines.directory.number('user2')).toBe(2)
      expect(engines.directory.profiles([2])[0]?.nick).toBe('Bob')
      expect(engines.index.unread(2, 1)).toBe(1)
      expect(await engines.index.missed(2, 0, 10)).toEqual([
        { position: positionOf(place, 0), peer: 1 },
      ])
    })

    test('have places that compare: every record before them has been applied', async () => {
      await using subject = await open()
      const { it: engines } = subject
      connect(engines)
      for (let n = 1; n <= 5; n += 1) {
        const { place } = await engines.journal.append(batch(n, [n + 1]))
        expect(engines.index.place).toBe(place + PLACE_STEP)
        expect(engines.index.place).toBeLessThanOrEqual(engines.journal.end)
        engines.directory.flush()
        expect(engines.directory.place).toBe(place + PLACE_STEP)
      }
    })

    test('say how much room there is', async () => {
      await using subject = await open()
      expect(subject.it.bytesFree()).toBeGreaterThan(0)
    })

    test('finish what is under way when they close, and take nothing more', async () => {
      await using subject = await open()
      const { it: engines } = subject
      connect(engines)
      const appending = engines.journal.append(batch(1, [2]))
      await engines.close()

      await expect(appending).resolves.toMatchObject({ record: { type: 'batch' } })
      await expect(engines.journal.append(batch(1, [2]))).rejects.toMatchObject({
        kind: 'stopping',
      })
    })

    test('are caught up with the journal when they are opened again', async () => {
      await using subject = await open()
      if (subject.reopen === null) return
      let engines = subject.it
      connect(engines)
      await engines.journal.append(accounts({ number: 1 }, { number: 2 }))
      for (let n = 0; n < 50; n += 1) await engines.journal.append(batch(1, [2]))
      const { place } = await engines.journal.append(read(2, 1))
      const { generation, end } = engines.journal

      engines = await subject.reopen()
      expect(engines.journal).toMatchObject({ generation, end })
      expect(engines.index.mark(2, 1)).toBe(positionOf(place, 0))
      expect(engines.index.unread(2, 1)).toBe(0)
      expect(engines.directory.count).toBe(2)
      expect(engines.directory.nextNumber).toBe(3)

      connect(engines)
      const next = await engines.journal.append(batch(1, [2]))
      expect(next.place).toBeGreaterThanOrEqual(end)
      expect(engines.index.unread(2, 1)).toBe(1)
    })
  })
}

/** Lets the index and the directory follow the journal, as the server does. */
export function connect({ journal, index, directory }: Engines): void {
  journal.follow((group) => {
    for (const stored of group) {
      directory.apply(stored)
      index.apply(stored)
    }
  })
}
