import { NOBODY } from '../domain/account.ts'
import type { Position } from '../domain/place.ts'
import type { Platform } from '../domain/platform.ts'
import type { Protocol } from './protocol.ts'

/** Why the server closes a terminal. Each protocol has a code of its own for it. */
export type ClosingReason =
  | 'slow'
  | 'revoked'
  | 'unauthorized'
  | 'forbidden'
  | 'protocol'
  | 'silent'
  | 'dead'
  | 'full'
  | 'internal'
  | 'stopping'

/** No entry of the waiting room, no turn to end. */
export const NONE = -1

/**
 * One live connection. This half of it belongs to the gateway: to whom it
 * belongs, what waits for it, and where it stands in the gateway's lists.
 *
 *   nameless ──open──▶ open ──end──▶ closed
 *       └───────────────end────────────┘
 *
 * There may be a hundred thousand of them: plain fields, no closures, no timers.
 */
export abstract class Terminal {
  /** A terminal may change between the variants of one protocol. */
  protocol: Protocol
  /** NOBODY until it has said who it is. */
  account = NOBODY
  /** With which it said so; null: with something else. */
  token: string | null = null
  /** Null: it has not said, or not in words that are known. */
  platform: Platform | null = null
  isClosed = false
  /** See lifetimes.ts: until when its credential is good, Unix time in ms, and its turn to end. */
  endsAt = 0
  endsInTurn = NONE
  /** Another terminal of the same account. */
  sibling: Terminal | null = null

  /** The newest copy that it was handed, whether or not that is written yet; 0: none. */
  newestCopy: Position = 0

  // The outbox: a chain of entries of the waiting room, and what they amount to.
  firstWaiting = NONE
  lastWaiting = NONE
  bytesWaiting = 0
  /** Bytes of the socket that were unsent when the first of these was added, or later. */
  bytesUnsentBefore = 0
  /** What waits stays where it is: something has to be written before it. */
  isHeld = false
  /** It stands in the line of those that are written to next. */
  isQueued = false
  /** Its socket is full; it says when there is room again. */
  awaitsDrain = false

  constructor(protocol: Protocol) {
    this.protocol = protocol
  }

  /** Bytes that were written and that the kernel has not taken yet. */
  abstract get bytesUnsent(): number

  /** The socket asks for a pause. */
  abstract get isFull(): boolean

  /** Takes whole frames. They may still be read from `bytes` while `bytesUnsent` is not 0. */
  abstract write(bytes: Buffer): void

  /** Calls `then` once when there is room again. Not at all when the connection ends before. */
  abstract onDrain(then: (terminal: Terminal) => void): void

  /** Says goodbye, and ends the connection soon whether or not the peer answers. */
  abstract close(reason: ClosingReason): void
}
