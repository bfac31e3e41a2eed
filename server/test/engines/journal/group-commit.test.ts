import fs from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Fault } from '../../../src/domain/errors.ts'
import type { Stored } from '../../../src/domain/record.ts'
import { openJournal } from '../../../src/engines/embedded/journal/journal.ts'
import type { Synced } from '../../../src/engines/embedded/journal/writer.ts'
import { appendAll, message, newFolder, opened, replayed } from './subject.ts'

describe('a group', () => {
  test('is what was appended in one turn, and is synced once', async () => {
    const journal = await opened(newFolder())
    const syncs = countSyncs()
    const groups: number[] = []
    journal.follow((group) => groups.push(group.length))

    await appendAll(journal, texts(200))
    expect(groups).toEqual([200])
    expect(syncs.count).toBe(1)
  })

  test('is next what was appended while the one before was synced', async () => {
    const journal = await opened(newFolder())
    const syncs = holdSyncs()
    const groups: number[] = []
    journal.follow((group) => groups.push(group.length))

    const appends = [journal.append(message('first'))]
    await syncs.begun()
    for (const record of texts(50)) {
      appends.push(journal.append(record))
      await turn()
    }
    expect(groups).toEqual([])
    syncs.letGo()

    const stored = await Promise.all(appends)
    expect(groups).toEqual([1, 50])
    expect(syncs.count).toBe(2)
    expect(await replayed(journal)).toEqual(stored)
  })

  test('has a greatest number of records and of bytes', async () => {
    const journal = await opened(newFolder(), { segmentBytes: 2 ** 30 })
    const groups: (readonly Stored[])[] = []
    journal.follow((group) => groups.push(group))

    await appendAll(journal, texts(5000))
    expect(groups.map(({ length }) => length)).toEqual([4096, 904])

    groups.length = 0
    const large = message('x'.repeat(400_000))
    const stored = await appendAll(journal, [large, large, large, large])
    // JSON and text both: each takes 800 KB, and a second one would pass 1 MiB.
    expect(groups.map(({ length }) => length)).toEqual([1, 1, 1, 1])
    expect((await replayed(journal, stored[0]!.place)).length).toBe(4)
  })

  test('is heard of before any of its appends resolves, with the records themselves', async () => {
    const journal = await opened(newFolder())
    const events: string[] = []
    const records = texts(3)
    journal.follow((group) => {
      expect(journal.end).toBeGreaterThan(group.at(-1)!.place)
      events.push(`group of ${group.length}`)
      for (const [n, { record }] of group.entries()) expect(record).toBe(records[n])
    })
    await Promise.all(
      records.map(async (record, n) => {
        await journal.append(record)
        events.push(`append ${n}`)
      }),
    )
    expect(events).toEqual(['group of 3', 'append 0', 'append 1', 'append 2'])
  })

  test('is reported with its records, its bytes and the time of its sync', async () => {
    const synced: Synced[] = []
    const journal = await opened(newFolder(), { onSync: (sync) => synced.push(sync) })
    await appendAll(journal, texts(7))
    expect(synced).toEqual([
      { records: 7, bytes: journal.end - 64, milliseconds: expect.any(Number) },
    ])
  })

  test('whose follower throws ends the journal: nobody hears of it', async () => {
    const fatal: unknown[] = []
    const journal = await openJournal({
      folder: newFolder(),
      segmentBytes: 10_000,
      onFatal: (error) => fatal.push(error),
    })
    const trouble = new Error('no')
    journal.follow(() => {
      throw trouble
    })
    let settled = false
    const settle = () => {
      settled = true
    }
    journal.append(message('lost')).then(settle, settle)
    await until(() => fatal.length > 0)
    expect(fatal).toEqual([trouble])
    await expect(journal.append(message('late'))).rejects.toMatchObject({ kind: 'stopping' })
    await journal.close()
    expect(settled).toBe(false)
  })
})

describe('what waits', () => {
  test('is bounded: what does not fit is refused, and the next is taken when there is room', async () => {
    const journal = await opened(newFolder(), { waitingBytesMax: 5000 })
    const syncs = holdSyncs()
    const taken = [journal.append(message('x'.repeat(1000)))]
    await syncs.begun()
    taken.push(journal.append(message('y'.repeat(1000))))
    expect(journal.waitingBytes).toBeGreaterThan(4000)

    const refused = journal.append(message('z'.repeat(1000)))
    await expect(refused).rejects.toThrow(Fault)
    await expect(refused).rejects.toMatchObject({ kind: 'overloaded' })
    await expect(refused).rejects.toThrow(/bytes wait for the journal, at most 5000 may/)

    syncs.letGo()
    const stored = await Promise.all(taken)
    expect(journal.waitingBytes).toBe(0)
    stored.push(await journal.append(message('z'.repeat(1000))))
    // Nothing else waits, so even what is over the bound is taken.
    stored.push(await journal.append(message('q'.repeat(10_000))))
    expect(await replayed(journal)).toEqual(stored)
  })

  test('never includes a record over the limit', async () => {
    const journal = await opened(newFolder())
    const giant = message('x'.repeat(17 * 1024 * 1024))
    await expect(journal.append(giant)).rejects.toMatchObject({ kind: 'tooLarge' })
    await expect(journal.append(giant)).rejects.toThrow(/takes \d+ bytes, at most 16777216/)
    const stored = await journal.append(message('x'.repeat(8_000_000)))
    expect(await replayed(journal)).toEqual([stored])
  })

  test('is not disturbed by a record that cannot be encoded', async () => {
    const journal = await opened(newFolder(), { segmentBytes: 500 })
    const wrong = { ...message('wrong'), sender: -1 }
    const [first, refused, second, refusedToo] = await Promise.allSettled(
      [message('first'), wrong, message('x'.repeat(400)), wrong].map((record) =>
        journal.append(record),
      ),
    )
    expect([refused!.status, refusedToo!.status]).toEqual(['rejected', 'rejected'])
    const stored = [first, second].map((one) => (one as PromiseFulfilledResult<Stored>).value)
    expect(await replayed(journal)).toEqual(stored)
    await expect(journal.append(wrong)).rejects.toThrow(RangeError)
    stored.push(await journal.append(message('third')))
    expect(await replayed(journal)).toEqual(stored)
  })
})

function texts(count: number) {
  return Array.from({ length: count }, (_, n) => message(`message ${n}`))
}

function countSyncs(): { count: number } {
  const counter = { count: 0 }
  replaceSync((real, file, callback) => {
    counter.count += 1
    real(file, callback)
  })
  return counter
}

/** Holds the first sync until it is let go. */
function holdSyncs() {
  let held: (() => void) | null = null
  let isFree = false
  const hold = {
    count: 0,
    begun: () => until(() => held !== null),
    letGo() {
      isFree = true
      held!()
    },
  }
  replaceSync((real, file, callback) => {
    hold.count += 1
    if (isFree) real(file, callback)
    else held = () => real(file, callback)
  })
  return hold
}

type Sync = typeof fs.fdatasync
type SyncFault = (real: Sync, ...args: Parameters<Sync>) => void

function replaceSync(fault: SyncFault): void {
  const real = fs.fdatasync
  fs.fdatasync = ((file: number, callback: fs.NoParamCallback) =>
    fault(real, file, callback)) as Sync
  onTestFinished(() => {
    fs.fdatasync = real
  })
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}
