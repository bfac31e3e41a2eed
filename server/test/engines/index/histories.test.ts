import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openMemoryIndex } from '../../../src/engines/memory/index.ts'
import { compare, event, happen, question } from './histories.ts'
import { newFolder, opened, Records, seed } from './subject.ts'

const numRuns = Number(process.env.CARILLON_RUNS ?? 15)

/** Low places, and places so high that positions need all of their 53 bits. */
const firstPlace = fc.constantFrom(8, 2 ** 23 - 400, 2 ** 43 + 8)

test(`answers like the model, whatever happens (CARILLON_SEED=${seed})`, {
  timeout: 300_000,
}, async () => {
  const steps = fc.array(fc.tuple(fc.array(event, { maxLength: 60, size: 'max' }), question), {
    maxLength: 4,
    size: 'max',
  })
  await fc.assert(
    fc.asyncProperty(firstPlace, steps, async (first, parts) => {
      const index = await opened(newFolder())
      const model = openMemoryIndex()
      const records = new Records(first)
      for (const [events, asked] of parts) {
        for (const one of events) happen(one, records, index, model)
        await compare(index, model, records, asked)
      }
      const { place } = index
      for (const stored of records.all) index.apply(stored)
      expect(index.place).toBe(place)
      for (const [, asked] of parts) await compare(index, model, records, asked)
      await index.close()
    }),
    { seed, numRuns },
  )
})
