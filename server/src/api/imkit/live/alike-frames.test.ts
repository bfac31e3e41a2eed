import { expect, test } from 'vitest'
import { AlikeFrames } from './alike-frames.ts'
import { readHexWords } from './hex-words.ts'

const rooms = ['e3f28a43ae3a47f072bdf9fc4c594a0b', 'ffffffff000000008000000012345678'] as const

test('copies differ in their ids and their room, and in nothing else', () => {
  const frames = new AlikeFrames('an event', 1, 88, '"message":"000 0000"}')
  const words = new Int32Array(10)
  const ordinals = [0, 1, 63, 64, 255, 4095]
  const roomOf = (ordinal: number) => rooms[ordinal % 2]!
  for (const ordinal of ordinals) {
    readHexWords(roomOf(ordinal), words, 3)
    frames.of(ordinal, words, 3)
  }
  for (const ordinal of ordinals) {
    const bytes = Buffer.alloc(frames.length + 10)
    frames.put(bytes, 10, ordinal)
    const text = bytes.toString('utf8', 10).slice(bytes[11] === 126 ? 4 : 2)
    const id = `000100000000005800000${ordinal.toString(16).padStart(3, '0')}`
    expect(JSON.parse(text.slice(2))).toEqual([
      'an event',
      { _id: id, id, room: roomOf(ordinal), message: '000 0000' },
    ])
  }
})
