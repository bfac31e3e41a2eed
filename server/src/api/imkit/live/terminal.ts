/**
 * A terminal on Socket.IO. The libraries make the handshake, poll, upgrade,
 * ping, and read packets; what is said to the terminal goes one of two ways:
 *
 *   handshake ──▶ polling ──upgrade──▶ WebSocket
 *                    │                    │
 *         packets, through Engine.IO   whole frames, to the raw socket
 *
 * Engine.IO writes to the same socket, acknowledgements and pings. It hands a frame over as a
 * whole and within one tick, as we do, so frames never mix. While it still has packets of its own
 * waiting, our bytes wait too: what it held back during the upgrade comes first.
 */
import type { Duplex } from 'node:stream'
import type { Socket as Connection } from 'engine.io'
import type { Position } from '../../../domain/place.ts'
import type { Protocol } from '../../../gateway/protocol.ts'
import { type ClosingReason, Terminal } from '../../../gateway/terminal.ts'
import { type Bucket, openBucket } from '../../../lib/bucket.ts'
import type { Packing } from './packets.ts'
import { textsOf } from './texts.ts'

/** Packets of one terminal: a second's worth, and how many may come at once. Bots answer many people. */
const PACKETS_PER_SECOND = 1000
const PACKETS_BURST = 2000

/** Those that would come back at once, and in vain: they are told not to. */
const farewells: ReadonlySet<ClosingReason> = new Set(['revoked', 'unauthorized', 'forbidden'])

/** Engine.IO's `message` is written without its digit; this is Socket.IO's `disconnect`. */
const DISCONNECT = '1'

/** What the terminals of one server share. */
export interface TerminalContext {
  /** Milliseconds of a clock that never goes back. */
  clock: () => number
  /** Hears that `writtenTo` has moved. */
  onWritten: (terminal: ImkitTerminal) => void
}

export class ImkitTerminal extends Terminal {
  packing: Packing
  /** Since when it is connected, by the clock. */
  readonly since: number
  /** The newest copy that is written with all before it; 0: none. */
  writtenTo: Position = 0
  /** See deliveries.ts: which copy is looked at, and when; 0: none is. */
  settling: Position = 0
  settlesAt = 0
  readonly #connection: Connection
  /** The socket beneath; null while it is polling. */
  #raw: Duplex | null
  readonly #context: TerminalContext
  readonly #mayGoOn: Bucket

  constructor(
    protocol: Protocol,
    packing: Packing,
    connection: Connection,
    context: TerminalContext,
  ) {
    super(protocol)
    this.packing = packing
    this.#connection = connection
    this.#raw = rawSocketOf(connection)
    if (this.#raw === null) {
      connection.once('upgrade', () => {
        this.#raw = rawSocketOf(connection)
      })
    }
    this.#context = context
    this.since = context.clock()
    const fillMs = (PACKETS_BURST / PACKETS_PER_SECOND) * 1000
    this.#mayGoOn = openBucket(PACKETS_BURST, fillMs, context.clock)
  }

  get bytesUnsent(): number {
    let bytes = this.#raw?.writableLength ?? 0
    const waiting = waitingIn(this.#connection)
    for (let i = 0; i < waiting.length; i += 1) bytes += waiting[i]!.data?.length ?? 0
    return bytes
  }

  get isFull(): boolean {
    const { length } = waitingIn(this.#connection)
    return length > 0 || (this.#raw?.writableNeedDrain ?? false)
  }

  write(bytes: Buffer): void {
    if (this.#raw !== null) this.#raw.write(bytes)
    else for (const text of textsOf(bytes)) this.#connection.write(text.slice(1))
    if (this.bytesWaiting > 0 || this.writtenTo === this.newestCopy) return
    this.writtenTo = this.newestCopy
    this.#context.onWritten(this)
  }

  onDrain(then: (terminal: Terminal) => void): void {
    const go = () => {
      if (!this.isClosed) then(this)
    }
    if (waitingIn(this.#connection).length > 0) this.#connection.once('drain', go)
    else this.#raw?.once('drain', go)
  }

  /** A packet has come. False: there were too many of late. */
  hear(): boolean {
    return this.#mayGoOn()
  }

  /** Clients come back by themselves when their connection ends, but not when they are told to go. */
  close(reason: ClosingReason): void {
    if (farewells.has(reason)) this.#connection.write(DISCONNECT)
    this.#connection.close(true)
  }
}

function rawSocketOf({ transport }: Connection): Duplex | null {
  if (transport.name !== 'websocket') return null
  return (transport as unknown as { socket: Owning }).socket._socket
}

/** What Engine.IO has not handed over yet. */
function waitingIn(connection: Connection): readonly { data?: { length: number } }[] {
  return (connection as unknown as Writing).writeBuffer
}

// What the libraries do not declare. They are pinned to exact versions, and tests look.
interface Owning {
  _socket: Duplex
}
interface Writing {
  writeBuffer: { data?: { length: number } }[]
}
