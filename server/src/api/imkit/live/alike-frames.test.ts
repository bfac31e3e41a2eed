import { expect, test } from 'vitest'
import { AlikeFrames, isDerivedId } from './alike-frames.ts'

test.each([
  ['e3f28a43ae3a47f072bdf9fc4c594a0b', true],
  ['0123456789abcdef0123456789abcdef', true],
  ['e3f28a43ae3a47f072bdf9fc4c594a0', false],
  ['e3f28a43ae3a47f072bdf9fc4c594a0bb', false],
  ['E3f28a43ae3a47f072bdf9fc4c594a0b', false],
  ['"3f28a43ae3a47f072bdf9fc4c594a0b', false],
  ['g3f28a43ae3a47f072bdf9fc4c594a0b', false],
  ['ü3f28a43ae3a47f072bdf9fc4c594a0b', false],
])('%s is derived: %s', (room, isDerived) => {
  expect(isDerivedId(room)).toBe(isDerived)
})

test('copies differ in their ids and their room, and in nothing else', () => {
  const frames = new AlikeFrames('an event', 1, 88, Buffer.from('"message":"000 0000"}]'))
  const room = 'e3f28a43ae3a47f072bdf9fc4c594a0b'
  for (const ordinal of [0, 1, 255, 4095]) {
    const frame = frames.of(room)
    const bytes = Buffer.alloc(frame.length + 10)
    frame.put(bytes, 10, ordinal)
    const text = bytes.toString('utf8', 10).slice(bytes[11] === 126 ? 4 : 2)
    const id = `000100000000005800000${ordinal.toString(16).padStart(3, '0')}`
    expect(JSON.parse(text.slice(2))).toEqual([
      'an event',
      { _id: id, id, room, message: '000 0000' },
    ])
  }
})
