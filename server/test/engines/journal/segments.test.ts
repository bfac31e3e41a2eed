import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  appendAll,
  appendEach,
  message,
  newFolder,
  opened,
  read,
  replayed,
  segmentFiles,
} from './subject.ts'

describe('segments', () => {
  test('are named by their first place, lie end to end, and keep to their size', async () => {
    const folder = newFolder()
    const journal = await opened(folder, { segmentBytes: 1000 })
    await appendAll(
      journal,
      Array.from({ length: 50 }, (_, n) => message(`message ${n}`)),
    )
    await appendEach(
      journal,
      Array.from({ length: 20 }, (_, n) => message('x'.repeat(n * 10))),
    )

    const files = segmentFiles(folder)
    expect(files.length).toBeGreaterThan(8)
    let place = 0
    for (const file of files) {
      expect(file.slice(-20)).toBe(`${place.toString(16).padStart(12, '0')}.journal`)
      expect(statSync(file).size).toBeLessThanOrEqual(1000)
      place += statSync(file).size
    }
    expect(journal.end).toBe(place)
  })

  test('hold a record that is longer than they should be', async () => {
    const folder = newFolder()
    const journal = await opened(folder, { segmentBytes: 500 })
    const texts = ['a', 'x'.repeat(5000), 'y'.repeat(5000), 'b', 'c']
    const stored = [
      ...(await appendEach(
        journal,
        texts.map((text) => message(text)),
      )),
      ...(await appendAll(
        journal,
        texts.map((text) => message(text)),
      )),
    ]
    expect(await replayed(journal)).toEqual(stored)
    await journal.close()

    const again = await opened(folder, { segmentBytes: 500, cacheBytes: 0 })
    expect(await replayed(again)).toEqual(stored)
    expect(await again.read(stored.map(({ place }) => place))).toEqual(stored)
  })

  test('that are finished have a sample file, which can be made again', async () => {
    const folder = newFolder()
    const journal = await opened(folder, { segmentBytes: 500 })
    const stored = await appendEach(
      journal,
      Array.from({ length: 10 }, (_, n) => message(`message ${n}`)),
    )
    await journal.close()
    const sampleFiles = () => readdirSync(folder).filter((name) => name.endsWith('.samples'))
    const before = sampleFiles()
    expect(before).toHaveLength(segmentFiles(folder).length - 1)

    for (const file of segmentFiles(folder)) {
      rmSync(file.replace('.journal', '.samples'), { force: true })
    }
    const again = await opened(folder, { segmentBytes: 500 })
    expect(sampleFiles()).toEqual(before)
    for (const { place, time } of stored) {
      const { from, to } = again.span(time, time)
      expect(place >= from && place < to).toBe(true)
      expect((await replayed(again, place))[0]!.place).toBe(place)
    }
  })

  test('begin anew when the generation rises, which it does not forget', async () => {
    const folder = newFolder()
    const first = await opened(folder)
    expect(first.generation).toBe(1)
    const stored = await appendEach(first, [message('one')])
    await first.close()

    const second = await opened(folder, { generation: 7 })
    expect(second.generation).toBe(7)
    expect(segmentFiles(folder)).toHaveLength(2)
    await second.close()

    const third = await opened(folder)
    expect(third.generation).toBe(7)
    expect(segmentFiles(folder)).toHaveLength(2)
    stored.push(...(await appendEach(third, [message('two')])))
    expect(await replayed(third)).toEqual(stored)
    await third.close()

    await expect(opened(folder, { generation: 6 })).rejects.toThrow(/generation 6 .* from 7 to/)
    await expect(opened(folder, { generation: 65_536 })).rejects.toThrow(/generation 65536/)
    const fourth = await opened(folder, { generation: 8 })
    await fourth.close()
    const fifth = await opened(folder, { generation: 9 })
    expect(await replayed(fifth)).toEqual(stored)
  })

  test('do not mind other files in their folder, nor an unfinished sample file', async () => {
    const folder = newFolder()
    const journal = await opened(folder)
    const [stored] = await appendEach(journal, [message('one')])
    await journal.close()
    const unfinished = segmentFiles(folder)[0]!.replace('.journal', '.samples.tmp')
    writeFileSync(unfinished, 'half')
    writeFileSync(`${folder}/notes.txt`, 'mine')
    writeFileSync(`${folder}/copy-of-000000000000.journal`, 'mine')

    const again = await opened(folder)
    expect(await read(again, stored!.place)).toEqual(stored)
    expect(existsSync(unfinished)).toBe(false)
    expect(existsSync(`${folder}/notes.txt`)).toBe(true)
  })

  test('of another format are refused', async () => {
    const folder = newFolder()
    await (await opened(folder)).close()
    const file = segmentFiles(folder)[0]!
    const bytes = readFileSync(file)
    bytes.writeUInt32LE(2, 8)
    bytes.writeUInt32LE(crc32(bytes.subarray(8, 64)), 4)
    writeFileSync(file, bytes)
    await expect(opened(folder)).rejects.toThrow('journal format 2, this server reads 1')
    expect(readFileSync(file)).toEqual(bytes)
  })

  test('have a size that can be', async () => {
    for (const segmentBytes of [0, -1, 112, Number.NaN, 2 ** 31 + 1]) {
      await expect(opened(newFolder(), { segmentBytes })).rejects.toThrow(/segmentBytes is/)
    }
  })
})
