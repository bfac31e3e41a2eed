import { expect, test } from 'vitest'
import { Deliveries, SETTLE_MS } from './deliveries.ts'
import type { ImkitTerminal } from './terminal.ts'

/** What is looked at of a terminal. */
function terminalOf(account: number): ImkitTerminal {
  const looks = {
    account,
    writtenTo: 0,
    settling: 0,
    settlesAt: 0,
    bytesUnsent: 0,
    isClosed: false,
  }
  return looks as unknown as ImkitTerminal
}

function setUp() {
  const delivered: [account: number, upTo: number][] = []
  const deliveries = new Deliveries((account, upTo) => delivered.push([account, upTo]))
  const write = (terminal: ImkitTerminal, upTo: number, now: number) => {
    terminal.writtenTo = upTo
    deliveries.written(terminal, () => now)
  }
  return { delivered, deliveries, write }
}

test('a copy is delivered a while after it was written, once', () => {
  const { delivered, deliveries, write } = setUp()
  write(terminalOf(1), 100, 0)
  deliveries.look(SETTLE_MS - 1)
  expect(delivered).toEqual([])
  for (const now of [SETTLE_MS, SETTLE_MS + 1000, SETTLE_MS * 3]) deliveries.look(now)
  expect(delivered).toEqual([[1, 100]])
})

test('what is written meanwhile settles after it', () => {
  const { delivered, deliveries, write } = setUp()
  const terminal = terminalOf(1)
  write(terminal, 100, 0)
  write(terminal, 200, SETTLE_MS - 1)
  deliveries.look(SETTLE_MS)
  expect(delivered).toEqual([[1, 100]])
  deliveries.look(2 * SETTLE_MS - 1)
  expect(delivered).toHaveLength(1)
  deliveries.look(2 * SETTLE_MS)
  expect(delivered.at(-1)).toEqual([1, 200])
})

test('a socket that closed, or has not taken the bytes, has nothing delivered', () => {
  const { delivered, deliveries, write } = setUp()
  const [closed, stuck] = [terminalOf(1), terminalOf(2)]
  write(closed, 100, 0)
  write(stuck, 100, 0)
  Object.assign(closed, { isClosed: true })
  Object.assign(stuck, { bytesUnsent: 1 })
  deliveries.look(SETTLE_MS)
  expect(delivered).toEqual([])
  Object.assign(stuck, { bytesUnsent: 0 })
  deliveries.look(SETTLE_MS + 1000)
  expect(delivered).toEqual([[2, 100]])
})
