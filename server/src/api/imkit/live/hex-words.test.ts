import { expect, test } from 'vitest'
import { putHexWords, readHexWords } from './hex-words.ts'

test.each([
  'e3f28a43ae3a47f072bdf9fc4c594a0b',
  '0123456789abcdef0123456789abcdef',
  'ffffffff7fffffff8000000000000000',
])('%s is read and written', (id) => {
  const words = new Int32Array(6).fill(-1)
  expect(readHexWords(id, words, 1)).toBe(true)
  const bytes = Buffer.alloc(34, '-')
  putHexWords(bytes, 1, words, 1)
  expect(bytes.toString()).toBe(`-${id}-`)
  expect([words[0], words[5]]).toEqual([-1, -1])
})

test.each([
  '',
  'e3f28a43ae3a47f072bdf9fc4c594a0',
  'e3f28a43ae3a47f072bdf9fc4c594a0bb',
  'E3f28a43ae3a47f072bdf9fc4c594a0b',
  '"3f28a43ae3a47f072bdf9fc4c594a0b',
  'g3f28a43ae3a47f072bdf9fc4c594a0b',
  'ü3f28a43ae3a47f072bdf9fc4c594a0b',
  '🔔f28a43ae3a47f072bdf9fc4c594a0b',
  'e3f28a43-ae3a-47f0-72bd-f9fc4c594a',
])('%s is not', (id) => {
  expect(readHexWords(id, new Int32Array(4), 0)).toBe(false)
})
