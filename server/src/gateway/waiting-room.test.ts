import { expect, test } from 'vitest'
import { BareTerminal } from '../../test/lib/bare-terminal.ts'
import { PlainFrame } from './frame.ts'
import { NONE } from './terminal.ts'
import { WaitingRoom } from './waiting-room.ts'

const frame = new PlainFrame('12345678')
const into = Buffer.alloc(10_000)

test('room that was left is used again', () => {
  const room = new WaitingRoom()
  const terminals = Array.from({ length: 4 }, () => new BareTerminal())
  for (let round = 0; round < 500; round += 1) {
    for (let i = 0; i < 900; i += 1) room.add(terminals[i % 3]!, frame, i)
    for (const terminal of terminals.slice(0, 2)) room.take(terminal, into, 0, into.length)
    for (const terminal of terminals) room.clear(terminal)
  }
  expect(room.capacity).toBe(1024)
})

test('only whole frames are taken, and the rest stays', () => {
  const room = new WaitingRoom()
  const terminal = new BareTerminal()
  for (let i = 0; i < 5; i += 1) room.add(terminal, frame, i)
  expect(terminal.bytesWaiting).toBe(50)
  expect(room.take(terminal, into, 7, 7 + 29)).toBe(27)
  expect(terminal.bytesWaiting).toBe(30)
  expect(room.take(terminal, into, 0, 9)).toBe(0)
  expect(room.firstLength(terminal)).toBe(10)
  expect(room.take(terminal, into, 0, 1000)).toBe(30)
  expect(terminal.firstWaiting).toBe(NONE)
  expect(terminal.bytesWaiting).toBe(0)
})
