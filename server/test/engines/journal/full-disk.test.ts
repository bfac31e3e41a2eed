import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Stored } from '../../../src/domain/record.ts'
import { openJournal } from '../../../src/engines/embedded/journal/journal.ts'
import { type Faults, installFaults } from '../../faults/preload.ts'
import { Random } from '../../lib/random.ts'
import {
  appendAll,
  appendEach,
  message,
  newFolder,
  opened,
  read,
  replayed,
  seed,
  segmentFiles,
} from './subject.ts'

describe('a full disk', () => {
  test('refuses what was being written and what waits, and takes the next when there is room', async () => {
    const { folder, journal, disk } = await onDisk(2000)
    const kept = await appendEach(journal, [message('kept')])
    const end = journal.end

    const big = message('x'.repeat(1000))
    const refused = await Promise.allSettled([big, big, big].map((one) => journal.append(one)))
    for (const one of refused) {
      expect(one).toMatchObject({ status: 'rejected', reason: { kind: 'diskFull' } })
    }
    expect(statSync(segmentFiles(folder)[0]!).size).toBe(end)
    expect(journal.end).toBe(end)
    expect(await read(journal, kept[0]!.place)).toEqual(kept[0])

    disk.bytesMax = 1_000_000
    const more = await appendEach(journal, [big, message('more')])
    expect(more[0]!.place).toBe(end + 48)
    expect(await replayed(journal)).toEqual([...kept, ...more])
    await journal.close()
    expect(await replayed(await opened(folder))).toEqual([...kept, ...more])
  })

  test('takes what still fits', async () => {
    const { journal } = await onDisk(2000)
    await expect(journal.append(message('x'.repeat(1000)))).rejects.toMatchObject({
      kind: 'diskFull',
    })
    const small = await journal.append(message('small'))
    expect(await replayed(journal)).toEqual([small])
  })

  test('leaves no segment behind that could not be begun', async () => {
    const { folder, journal, disk } = await onDisk(600, 500)
    const kept = await appendEach(journal, [message('x'.repeat(100))])
    disk.bytesMax = statSync(segmentFiles(folder)[0]!).size + 30

    await expect(journal.append(message('y'.repeat(100)))).rejects.toMatchObject({
      kind: 'diskFull',
    })
    expect(segmentFiles(folder)).toHaveLength(1)

    disk.bytesMax = 10_000
    const more = await appendEach(journal, [message('y'.repeat(100)), message('z'.repeat(100))])
    expect(segmentFiles(folder)).toHaveLength(3)
    await journal.close()
    expect(await replayed(await opened(folder, { segmentBytes: 500 }))).toEqual([...kept, ...more])
  })

  test('leaves an empty segment behind that could be begun, and fills it later', async () => {
    const { folder, journal, disk } = await onDisk(600, 500)
    const kept = await appendEach(journal, [message('x'.repeat(100))])
    disk.bytesMax = statSync(segmentFiles(folder)[0]!).size + 100

    const refused = [journal.append(message('y'.repeat(100))), journal.append(message('z'))]
    for (const one of await Promise.allSettled(refused)) expect(one.status).toBe('rejected')
    expect(segmentFiles(folder)).toHaveLength(2)
    expect(await replayed(journal)).toEqual(kept)

    disk.bytesMax = 10_000
    const more = await appendEach(journal, [message('y'.repeat(100))])
    expect(segmentFiles(folder)).toHaveLength(2)
    await journal.close()
    expect(await replayed(await opened(folder, { segmentBytes: 500 }))).toEqual([...kept, ...more])
  })

  test('that cannot be cut back is fatal', async () => {
    const { folder, journal, disk, faults, fatal } = await onDisk(1000)
    const kept = await appendEach(journal, [message('kept')])
    faults.syncFails = 'EIO'
    journal.append(message('x'.repeat(1000)))
    while (fatal.length === 0) await turn()
    expect(fatal).toMatchObject([{ code: 'EIO' }])
    await journal.close()
    delete faults.syncFails
    disk.bytesMax = 10_000
    expect(await replayed(await opened(folder))).toEqual(kept)
  })

  test(`that comes and goes loses nothing that was taken (CARILLON_SEED=${seed})`, async () => {
    const random = new Random(seed)
    const { folder, journal, disk } = await onDisk(500, 1500)
    const kept: Stored[] = []
    let refused = 0
    for (let round = 0; round < 60; round += 1) {
      const used = readdirSync(folder)
        .filter((name) => name.endsWith('.journal'))
        .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
      disk.bytesMax = used + random.below(1500)
      const texts = Array.from({ length: 1 + random.below(5) }, () =>
        message('x'.repeat(random.below(300))),
      )
      for (const one of await Promise.allSettled(texts.map((text) => journal.append(text)))) {
        if (one.status === 'fulfilled') kept.push(one.value)
        else refused += 1
      }
    }
    expect(refused).toBeGreaterThan(0)
    expect(await replayed(journal)).toEqual(kept)
    disk.bytesMax = 1_000_000
    kept.push(...(await appendAll(journal, [message('last')])))
    await journal.close()
    const again = await opened(folder, { segmentBytes: 1500 })
    expect(again.opened.cutBytes).toBe(0)
    expect(await replayed(again)).toEqual(kept)
  })
})

async function onDisk(bytesMax: number, segmentBytes = 100_000) {
  const folder = newFolder()
  const disk = { files: '\\.journal$', bytesMax }
  const faults: Faults = { disk }
  onTestFinished(installFaults(() => faults))
  const fatal: unknown[] = []
  const onFatal = (error: unknown) => fatal.push(error)
  const journal = await openJournal({ folder, segmentBytes, onFatal })
  onTestFinished(() => journal.close())
  return { folder, journal, disk, faults, fatal }
}
