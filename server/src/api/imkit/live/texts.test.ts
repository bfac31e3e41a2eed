import { expect, test } from 'vitest'
import { textFrame } from '../../../gateway/frame.ts'
import { textsOf } from './texts.ts'

test('frames of every length give their texts, in order', () => {
  const texts = [0, 1, 125, 126, 65_535, 65_536, 200_000, 2].map((length) => 'x'.repeat(length))
  texts.push('ü🔔')
  expect([...textsOf(Buffer.concat(texts.map(textFrame)))]).toEqual(texts)
})
