import { expect, test } from 'vitest'
import { crash } from './crash.ts'

const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 32)

test(`what was acknowledged survives SIGKILL (CARILLON_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  expect(await crash({ cycles: 8, seed })).toEqual([])
})
