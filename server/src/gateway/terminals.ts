/**
 * The open terminals of all live protocols: the pipeline's audience.
 *
 * A batch is put into words once for each protocol among its receivers. What
 * one terminal gets waits in its outbox, and goes out in few writes. A terminal
 * that does not keep up is closed; it comes back with its cursor.
 */
import { NOBODY } from '../domain/account.ts'
import type { Batch } from '../domain/batch.ts'
import { positionOf } from '../domain/place.ts'
import type { Platform } from '../domain/platform.ts'
import type { Stored } from '../domain/record.ts'
import type { Audience, Delivery } from '../pipeline/audience.ts'
import { PlainFrame } from './frame.ts'
import { Lifetimes } from './lifetimes.ts'
import { Outboxes } from './outboxes.ts'
import type { Encoding, Protocol } from './protocol.ts'
import { Registry } from './registry.ts'
import type { ClosingReason, Terminal } from './terminal.ts'

export interface TerminalsOptions {
  /** What may wait for one terminal. */
  outboxBytes: number
  /** How long frames to one terminal may wait under load to share a write. */
  deliveryWindowMs: number
  /** Hears of every terminal that the server closes, for metrics. */
  onClosed?: (reason: ClosingReason) => void
  /** Unix time, milliseconds. */
  now?: () => number
}

/** More terminals than this of one account are a client that forgets to close. */
const TERMINALS_PER_ACCOUNT_MAX = 100

export interface Terminals extends Audience {
  /** How many terminals are open. */
  readonly count: number

  /** Writes to terminals so far; one may carry many frames. */
  readonly writes: number

  /** What the account's open terminals run on, as far as they have said. */
  platformsOf(account: number): ReadonlySet<Platform>

  /** From here on the terminal gets what the account gets. False: the account has too many. */
  open(terminal: Terminal, account: number): boolean

  /**
   * What the terminal came with is good until then: Unix time, milliseconds; null: for ever. It is
   * ended within a second after.
   */
  until(terminal: Terminal, endsAt: number | null): void

  /** Says something to one terminal, after what it has been sent so far. */
  say(terminal: Terminal, text: string): void

  /** What a held terminal got meanwhile follows what has been written to it. */
  release(terminal: Terminal): void

  /**
   * The account has asked for something itself. When a terminal of it was closed because it did not
   * keep up with the copies of its own batches, its terminals hear of such copies again.
   */
  asked(account: number): void

  /** Ends a terminal, for a reason of the server's. */
  end(terminal: Terminal, reason: ClosingReason): void

  /** A terminal's connection is gone. */
  forget(terminal: Terminal): void
}

export function openTerminals(options: TerminalsOptions): Terminals {
  const { outboxBytes, deliveryWindowMs, onClosed, now = Date.now } = options
  const registry = new Registry()
  /** Accounts whose terminals hear nothing of the copies of their own batches, until they ask. */
  const deafened = new Set<number>()
  const outboxes = new Outboxes({
    bytesMax: outboxBytes,
    windowMs: deliveryWindowMs,
    onFull: (terminal) => end(terminal, 'slow'),
  })
  const lifetimes = new Lifetimes({ onEnd: (terminal) => end(terminal, 'revoked'), now })

  return {
    get count() {
      return registry.count
    },

    get writes() {
      return outboxes.writes
    },

    isOpen: (account) => registry.has(account),

    platformsOf: (account) => registry.platformsOf(account),

    begin: (stored) => new BatchDelivery(stored, registry, outboxes, deafened),

    tell(accounts, happening) {
      const words = new PerProtocol((protocol) => protocol.tell(happening))
      for (const account of accounts) {
        if (!registry.has(account)) continue
        for (let each = registry.first(account); each !== null; ) {
          const { sibling } = each
          const frame = words.of(each.protocol)(account)
          if (frame !== null) outboxes.add(each, frame, 0)
          each = sibling
        }
      }
    },

    close(account, reason, token) {
      for (let each = registry.first(account); each !== null; ) {
        const { sibling } = each
        if (token === undefined || each.token === token) end(each, reason)
        each = sibling
      }
    },

    renew(account, token, endsAt) {
      for (let each = registry.first(account); each !== null; each = each.sibling) {
        if (each.token === token) lifetimes.set(each, endsAt)
      }
    },

    flush: () => outboxes.flush(),

    open(terminal, account) {
      if (registry.countOf(account) >= TERMINALS_PER_ACCOUNT_MAX) return false
      registry.add(terminal, account)
      return true
    },

    until(terminal, endsAt) {
      if (!terminal.isClosed) lifetimes.set(terminal, endsAt)
    },

    say(terminal, text) {
      if (terminal.isClosed) return
      outboxes.add(terminal, new PlainFrame(text), 0)
      outboxes.flush()
    },

    release: (terminal) => outboxes.release(terminal),

    asked: (account) => void deafened.delete(account),

    end,
    forget,
  }

  function end(terminal: Terminal, reason: ClosingReason): void {
    if (terminal.isClosed) return
    forget(terminal)
    terminal.close(reason)
    onClosed?.(reason)
  }

  function forget(terminal: Terminal): void {
    if (terminal.isClosed) return
    terminal.isClosed = true
    if (terminal.account !== NOBODY) registry.remove(terminal)
    lifetimes.remove(terminal)
    outboxes.clear(terminal)
  }
}

/** One batch on its way to the terminals. */
class BatchDelivery implements Delivery {
  readonly #stored: Stored<Batch>
  readonly #registry: Registry
  readonly #outboxes: Outboxes
  readonly #encodings: PerProtocol<Encoding>
  readonly #deafened: Set<number>

  constructor(
    stored: Stored<Batch>,
    registry: Registry,
    outboxes: Outboxes,
    deafened: Set<number>,
  ) {
    this.#stored = stored
    this.#registry = registry
    this.#outboxes = outboxes
    this.#encodings = new PerProtocol((protocol) => protocol.begin(stored))
    this.#deafened = deafened
  }

  copy(account: number, ordinal: number): void {
    for (let each = this.#registry.first(account); each !== null; ) {
      // Kept, because a terminal that is given up is taken out of the chain.
      const { sibling } = each
      const frame = this.#encodings.of(each.protocol).copy(account, ordinal)
      if (frame !== null) {
        this.#outboxes.add(each, frame, ordinal)
        each.newestCopy = positionOf(this.#stored.place, ordinal)
      }
      each = sibling
    }
  }

  echo(): void {
    for (let each = this.#registry.first(this.#stored.record.sender); each !== null; ) {
      const { sibling } = each
      const encoding = this.#encodings.of(each.protocol)
      const frame = encoding.echo()
      if (frame !== null) this.#outboxes.add(each, frame, 0)
      if (encoding.echoOf !== undefined) this.#echoCopies(each, encoding)
      each = sibling
    }
  }

  /**
   * A terminal that cannot keep up with this is closed like any other. It would be closed again
   * whenever it comes back, so its account hears nothing of its batches until it asks.
   */
  #echoCopies(terminal: Terminal, encoding: Encoding): void {
    const { sender, recipients } = this.#stored.record
    if (recipients.length > 1 && this.#deafened.has(sender)) return
    for (let ordinal = 0; ordinal < recipients.length; ordinal += 1) {
      const recipient = recipients[ordinal]!
      // Of what went to itself, the sender has the copy.
      if (recipient === NOBODY || recipient === sender) continue
      const frame = encoding.echoOf!(ordinal)
      if (frame !== null) this.#outboxes.add(terminal, frame, ordinal)
      if (!terminal.isClosed) continue
      this.#deafened.add(sender)
      return
    }
  }
}

/** What is made once for each protocol, when it is first needed. There are two or three. */
class PerProtocol<T> {
  readonly #make: (protocol: Protocol) => T
  readonly #all: { protocol: Protocol; made: T }[] = []
  #last: { protocol: Protocol; made: T } | null = null

  constructor(make: (protocol: Protocol) => T) {
    this.#make = make
  }

  of(protocol: Protocol): T {
    if (this.#last?.protocol !== protocol) this.#last = this.#find(protocol)
    return this.#last.made
  }

  #find(protocol: Protocol): { protocol: Protocol; made: T } {
    const found = this.#all.find((each) => each.protocol === protocol)
    if (found !== undefined) return found
    const made = { protocol, made: this.#make(protocol) }
    this.#all.push(made)
    return made
  }
}
