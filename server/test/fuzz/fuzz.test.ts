import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'

const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 32)

test(`whatever comes, the server answers and lives (CARILLON_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const { wrong } = await fuzz({ count: 5000, seed })
  expect(wrong).toEqual([])
})
