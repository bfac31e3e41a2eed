import { expect, test } from 'vitest'
import { NumberedFrame, PlainFrame, textFrame } from './frame.ts'
import { FramePair, JointFrame } from './joint-frame.ts'

test.each([0, 100, 200, 70_000])('a joint frame of %i bytes and more is one frame', (length) => {
  const own = 'ü'.repeat(length / 2)
  const frame = new JointFrame(Buffer.from(own), Buffer.from('-shared'))
  const into = Buffer.alloc(frame.length + 3)
  frame.put(into, 3)
  expect(into.subarray(3).equals(textFrame(`${own}-shared`))).toBe(true)
})

test('a pair is two frames', () => {
  const pair = new FramePair(new PlainFrame('first'), new NumberedFrame('00000000', 8))
  const into = Buffer.alloc(pair.length)
  pair.put(into, 0, 255)
  expect(into.equals(Buffer.concat([textFrame('first'), textFrame('000000ff')]))).toBe(true)
})
