import { expect, test } from 'vitest'
import { NumberedFrame, PlainFrame, textFrame } from './frame.ts'

test.each([
  [0, [0x81, 0]],
  [125, [0x81, 125]],
  [126, [0x81, 126, 0, 126]],
  [65_535, [0x81, 126, 255, 255]],
  [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
])('a frame of %i bytes has the header of RFC 6455, section 5.2', (length, head) => {
  const bytes = textFrame('x'.repeat(length))
  expect([...bytes.subarray(0, head.length)]).toEqual(head)
  expect(bytes.toString('utf8', head.length)).toBe('x'.repeat(length))
})

test('lengths are counted in bytes, not in characters', () => {
  expect([...textFrame('ü🔔').subarray(0, 2)]).toEqual([0x81, 6])
})

test('a plain frame is put anywhere', () => {
  const frame = new PlainFrame('hello')
  const into = Buffer.alloc(20, '-')
  frame.put(into, 3)
  expect(into.toString('latin1')).toBe(`---\x81\x05hello${'-'.repeat(10)}`)
  expect(frame.length).toBe(7)
})

test.each([0, 200, 70_000])('a numbered frame of %i bytes and more has each ordinal', (length) => {
  const tail = 'ü'.repeat(length / 2)
  const frame = new NumberedFrame(`{"id":"00000000"}${tail}`, '{"id":"00000000'.length)
  for (const ordinal of [0, 1, 15, 16, 255, 256, 499, 4095]) {
    const into = Buffer.alloc(frame.length)
    frame.put(into, 0, ordinal)
    const digits = ordinal.toString(16).padStart(8, '0')
    expect(into.equals(textFrame(`{"id":"${digits}"}${tail}`))).toBe(true)
  }
})
