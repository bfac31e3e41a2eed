import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { PlainFrame } from './frame.ts'
import { Outboxes } from './outboxes.ts'
import type { Protocol } from './protocol.ts'
import { Terminal } from './terminal.ts'

const protocol: Protocol = {
  begin: () => ({ copy: () => null, echo: () => null }),
  tell: () => () => null,
}

/** A terminal whose kernel takes what it is told to, and keeps the rest as a socket does. */
class FakeTerminal extends Terminal {
  taken: Buffer[] = []
  writes = 0
  /** Bytes that the kernel takes before it is full. */
  room = Number.POSITIVE_INFINITY
  readonly #kept: Buffer[] = []
  #then: ((terminal: Terminal) => void) | null = null

  constructor() {
    super(protocol)
  }

  get bytesUnsent(): number {
    return this.#kept.reduce((sum, { length }) => sum + length, 0)
  }

  get isFull(): boolean {
    return this.bytesUnsent > 100
  }

  write(bytes: Buffer): void {
    this.writes += 1
    this.#kept.push(bytes)
    this.#pass()
  }

  /** The peer reads on. */
  read(bytes: number): void {
    this.room += bytes
    this.#pass()
    if (this.#then === null || this.bytesUnsent > 0) return
    const then = this.#then
    this.#then = null
    then(this)
  }

  onDrain(then: (terminal: Terminal) => void): void {
    this.#then = then
  }

  close(): void {}

  /** Everything that the peer has got. */
  get text(): string {
    return Buffer.concat(this.taken).toString()
  }

  #pass(): void {
    while (this.#kept.length > 0 && this.#kept[0]!.length <= this.room) {
      const bytes = this.#kept.shift()!
      this.room -= bytes.length
      // Only now: who reuses the bytes too early is found out.
      this.taken.push(Buffer.from(bytes))
    }
  }
}

function frame(text: string): PlainFrame {
  return new PlainFrame(text)
}

/** What a frame looks like on the wire, for short texts. */
function wire(...texts: string[]): string {
  return texts.map((text) => `${Buffer.from([0x81, text.length]).toString()}${text}`).join('')
}

test('frames of one commit share a write', () => {
  const outboxes = new Outboxes({ bytesMax: 1000, windowMs: 0, onFull: () => {} })
  const terminal = new FakeTerminal()
  outboxes.add(terminal, frame('a'), 0)
  outboxes.add(terminal, frame('b'), 0)
  expect(terminal.writes).toBe(0)
  outboxes.flush()
  expect(terminal.writes).toBe(1)
  expect(terminal.text).toBe(wire('a', 'b'))
})

test('what is held goes out after the release, and what is cleared never', async () => {
  const outboxes = new Outboxes({ bytesMax: 1000, windowMs: 0, onFull: () => {} })
  const [held, gone] = [new FakeTerminal(), new FakeTerminal()]
  held.isHeld = true
  outboxes.add(held, frame('a'), 0)
  outboxes.add(gone, frame('a'), 0)
  outboxes.clear(gone)
  outboxes.flush()
  expect(held.writes + gone.writes).toBe(0)
  outboxes.release(held)
  expect(held.text).toBe(wire('a'))
})

test('a full outbox is reported, whether it is the box that is full or the socket', () => {
  const full: Terminal[] = []
  const onFull = (terminal: Terminal) => full.push(terminal)
  const outboxes = new Outboxes({ bytesMax: 10, windowMs: 0, onFull })
  const [held, unsent] = [new FakeTerminal(), new FakeTerminal()]
  held.isHeld = true
  for (let i = 0; i < 4; i += 1) outboxes.add(held, frame('a'), 0)
  expect(full).toEqual([held])

  unsent.room = 0
  for (let i = 0; i < 4; i += 1) {
    outboxes.add(unsent, frame('a'), 0)
    outboxes.flush()
  }
  expect(full).toEqual([held, unsent])
})

test('more than an outbox holds goes out within one commit, as far as the socket takes it', () => {
  const full: Terminal[] = []
  const onFull = (terminal: Terminal) => full.push(terminal)
  const outboxes = new Outboxes({ bytesMax: 10, windowMs: 0, onFull })
  const [reading, stuck] = [new FakeTerminal(), new FakeTerminal()]
  stuck.room = 9
  for (let i = 0; i < 7; i += 1) {
    outboxes.add(reading, frame('a'), 0)
    if (full.length === 0) outboxes.add(stuck, frame('b'), 0)
  }
  outboxes.flush()
  expect(reading.text).toBe(wire(...'aaaaaaa'))
  expect(stuck.text).toBe(wire(...'bbb'))
  expect(full).toEqual([stuck])
})

test('a window gathers writes, but the first after a quiet time does not wait', () => {
  vi.useFakeTimers()
  try {
    const outboxes = new Outboxes({ bytesMax: 1000, windowMs: 50, onFull: () => {} })
    const terminal = new FakeTerminal()
    const send = (text: string) => {
      outboxes.add(terminal, frame(text), 0)
      outboxes.flush()
    }
    send('a')
    expect(terminal.text).toBe(wire('a'))
    send('b')
    vi.advanceTimersByTime(30)
    send('c')
    expect(terminal.writes).toBe(1)
    vi.advanceTimersByTime(20)
    expect(terminal.text).toBe(wire('a', 'b', 'c'))
    expect(terminal.writes).toBe(2)
    vi.advanceTimersByTime(60)
    send('d')
    expect(terminal.writes).toBe(3)
  } finally {
    vi.useRealTimers()
  }
})

test('a commit for thousands leaves turns to others, and reaches everybody', async () => {
  const outboxes = new Outboxes({ bytesMax: 1000, windowMs: 0, onFull: () => {} })
  const terminals = Array.from({ length: 1000 }, () => new FakeTerminal())
  for (const terminal of terminals) outboxes.add(terminal, frame('a'), 0)
  outboxes.flush()
  const written = () => terminals.filter(({ writes }) => writes > 0).length
  expect(written()).toBeLessThan(200)
  // The next commit shares the writes of those that are still in line.
  for (const terminal of terminals) outboxes.add(terminal, frame('b'), 0)
  outboxes.flush()
  await expect.poll(() => terminals.every(({ text }) => text === wire('a', 'b'))).toBe(true)
  expect(outboxes.writes).toBeLessThan(1300)
})

/** What may happen to a few terminals, in any order. */
type Step =
  | { do: 'add'; to: number; length: number }
  | { do: 'read'; to: number; bytes: number }
  | { do: 'hold' | 'release' | 'clear'; to: number }
  | { do: 'flush' | 'turn' }

test('whatever happens, each terminal gets its frames whole, in order and once', async () => {
  const to = fc.nat({ max: 3 })
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        to,
        length: fc.oneof(fc.nat({ max: 90 }), fc.nat({ max: 300_000 })),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        to,
        bytes: fc.nat({ max: 500_000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('hold' as const, 'release' as const), to }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'turn' as const) }) },
  )
  const limit = fc.constantFrom(Number.POSITIVE_INFINITY, 400_000, 1000)
  const seed = Number(process.env.CARILLON_TEST_SEED ?? Date.now() % 2 ** 31)
  console.log(`outboxes: CARILLON_TEST_SEED=${seed}`)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), limit, async (steps, bytesMax) => {
      let isRefused = false
      const onFull = () => {
        isRefused = true
      }
      const outboxes = new Outboxes({ bytesMax, windowMs: 0, onFull })
      const terminals = Array.from({ length: 4 }, () => new FakeTerminal())
      const expected = terminals.map(() => [] as Buffer[])
      for (const terminal of terminals) terminal.room = 1000
      for (const [i, each] of steps.entries()) {
        const terminal = 'to' in each ? terminals[each.to]! : terminals[0]!
        if (each.do === 'add') {
          const made = frame(String.fromCharCode(65 + (i % 26)).repeat(each.length))
          isRefused = false
          outboxes.add(terminal, made, 0)
          if (isRefused) continue
          const bytes = Buffer.alloc(made.length)
          made.put(bytes, 0)
          expected[each.to]!.push(bytes)
        } else if (each.do === 'read') terminal.read(each.bytes)
        else if (each.do === 'hold') terminal.isHeld = true
        else if (each.do === 'release') outboxes.release(terminal)
        else if (each.do === 'flush') outboxes.flush()
        else await new Promise((resolve) => setImmediate(resolve))
      }
      for (const [i, terminal] of terminals.entries()) {
        outboxes.release(terminal)
        outboxes.flush()
        const whole = Buffer.concat(expected[i]!)
        for (
          let tries = 0;
          tries < 200 && Buffer.concat(terminal.taken).length < whole.length;
          tries += 1
        ) {
          terminal.read(1_000_000)
          await new Promise((resolve) => setImmediate(resolve))
        }
        expect(Buffer.concat(terminal.taken).equals(whole)).toBe(true)
        expect(terminal.bytesWaiting).toBe(0)
      }
    }),
    { seed, numRuns: 150, endOnFailure: true },
  )
})
