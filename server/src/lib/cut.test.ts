import { expect, test } from 'vitest'
import { cutToFit } from './cut.ts'

const inBytes = (bytesMax: number) => (text: string) => Buffer.byteLength(text) <= bytesMax

test.each([
  ['what fits stays whole', 'Hello', 5, 'Hello'],
  ['what does not ends in an ellipsis', 'Hello World', 10, 'Hello W…'],
  ['a space before the ellipsis is left out', 'Hello World', 9, 'Hello…'],
  ['a character of two units is not cut apart', '😀😀😀', 8, '😀…'],
  ['nor one of several code points', 'é👩‍🚀👩‍🚀', 20, 'é👩‍🚀…'],
  ['where not one character fits, nothing is left', '👩‍🚀👩‍🚀', 8, ''],
  ['where the ellipsis does not fit, nothing is left', 'Hello', 2, ''],
])('%s', (_name, text, bytesMax, expected) => {
  expect(cutToFit(text, inBytes(bytesMax))).toBe(expected)
})

test('where nothing fits, that is said', () => {
  expect(cutToFit('Hello', () => false)).toBeNull()
})

test('a character of thousands of marks is cut between code points', () => {
  const marks = `e${'\u{1e8d0}'.repeat(3000)}`
  const cut = cutToFit(marks, inBytes(1000))!
  expect(cut.isWellFormed()).toBe(true)
  expect(Buffer.byteLength(cut)).toBeGreaterThan(1000 - 8)
})

test('every cut of a text of all kinds fits and is whole', () => {
  const text = 'a😀é👨‍👩‍👧‍👦"ü\n🇨🇭'.repeat(20)
  for (let bytesMax = 0; bytesMax < Buffer.byteLength(text); bytesMax += 1) {
    const cut = cutToFit(text, inBytes(bytesMax))!
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytesMax)
    expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true)
    expect(cut.isWellFormed()).toBe(true)
  }
})
