import fs from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../src/engines/embedded/journal/journal.ts'
import { type Faults, installFaults } from '../../faults/preload.ts'
import { appendEach, message, newFolder, opened, read, replayed } from './subject.ts'

describe('a sync that fails', () => {
  test('is fatal, once: nobody is told anything, and nothing more is taken', async () => {
    const { folder, journal, faults, fatal } = await faulty()
    const heard: unknown[] = []
    journal.follow((group) => heard.push(...group))
    const kept = await appendEach(journal, [message('kept')])

    faults.syncFails = 'EIO'
    const told: unknown[] = []
    const tell = (outcome: unknown) => told.push(outcome)
    journal.append(message('one')).then(tell, tell)
    journal.append(message('two')).then(tell, tell)
    await until(() => fatal.length > 0)
    expect(fatal).toMatchObject([{ code: 'EIO' }])
    await expect(journal.append(message('three'))).rejects.toMatchObject({ kind: 'stopping' })

    // Were it tried again, it would succeed now.
    delete faults.syncFails
    await journal.close()
    expect(told).toEqual([])
    expect(heard).toEqual(kept)
    expect(fatal).toHaveLength(1)

    const again = await opened(folder)
    expect((await replayed(again)).slice(0, 1)).toEqual(kept)
  })

  test('leaves what is durable readable until the process ends', async () => {
    const { journal, faults, fatal } = await faulty()
    const [kept] = await appendEach(journal, [message('kept')])
    faults.syncFails = 'EIO'
    journal.append(message('one'))
    await until(() => fatal.length > 0)
    expect(await read(journal, kept!.place)).toEqual(kept)
    expect(await replayed(journal)).toEqual([kept])
    await journal.close()
  })

  test('is fatal for a new segment and for its folder too', async () => {
    const { journal, faults, fatal } = await faulty(300)
    await appendEach(journal, [message('x'.repeat(60))])
    faults.syncFails = 'ENOSPC'
    journal.append(message('y'.repeat(60)))
    await until(() => fatal.length > 0)
    expect(fatal).toMatchObject([{ code: 'ENOSPC' }])
    await journal.close()
  })

  test('is made good by the next start, which writes again what was written last', async () => {
    const { folder, journal, faults, fatal } = await faulty()
    await appendEach(journal, [message('kept')])
    const end = journal.end
    faults.syncFails = 'EIO'
    journal.append(message('shown by the kernel, but perhaps not on the disk'))
    await until(() => fatal.length > 0)
    await journal.close()
    delete faults.syncFails

    const events: string[] = []
    const { write, fdatasync } = fs
    fs.write = ((...args: unknown[]) => {
      events.push(`write from ${args[4]} to ${(args[4] as number) + (args[3] as number)}`)
      ;(write as (...args: unknown[]) => void)(...args)
    }) as never
    fs.fdatasync = ((...args: Parameters<typeof fdatasync>) => {
      events.push('sync')
      fdatasync(...args)
    }) as never
    onTestFinished(() => void Object.assign(fs, { write, fdatasync }))
    const again = await opened(folder)
    expect(events).toEqual([`write from ${end} to ${again.end}`, 'sync'])
    expect(await replayed(again)).toHaveLength(2)
  })

  test('while the journal is opened refuses to open it', async () => {
    const faults: Faults = { syncFails: 'EIO' }
    onTestFinished(installFaults(() => faults))
    await expect(opened(newFolder())).rejects.toMatchObject({ code: 'EIO' })
  })
})

describe('a write that fails, but not for want of room', () => {
  test('is fatal like a sync', async () => {
    const { folder, journal, fatal } = await faulty()
    const kept = await appendEach(journal, [message('kept')])
    const real = fs.write
    const broken = Object.assign(new Error('broken medium'), { code: 'EIO' })
    fs.write = ((...args: unknown[]) => (args.at(-1) as (error: Error) => void)(broken)) as never
    onTestFinished(() => {
      fs.write = real
    })
    let isTold = false
    const tell = () => {
      isTold = true
    }
    journal.append(message('one')).then(tell, tell)
    await until(() => fatal.length > 0)
    expect(fatal).toEqual([broken])
    fs.write = real
    await expect(journal.append(message('two'))).rejects.toMatchObject({ kind: 'stopping' })
    await journal.close()
    expect(isTold).toBe(false)
    expect(await replayed(await opened(folder))).toEqual(kept)
  })
})

async function faulty(segmentBytes = 100_000) {
  const folder = newFolder()
  const faults: Faults = {}
  onTestFinished(installFaults(() => faults))
  const fatal: unknown[] = []
  const onFatal = (error: unknown) => fatal.push(error)
  const journal = await openJournal({ folder, segmentBytes, onFatal })
  return { folder, journal, faults, fatal }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}
