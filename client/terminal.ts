/**
 * A terminal of the native live protocol, for browsers and Node alike: it
 * needs nothing but the global WebSocket.
 *
 *   connecting ──connected──▶ resuming ──caught up──▶ live
 *       ▲                         │                    │
 *       │ after a pause           ▼ the connection ends
 *       └────────────────────── waiting ──▶ closed, when there is no use in coming back
 *
 * Every message is handed over once, in order, across all reconnections: the
 * terminal comes back with the cursor of what it has handed over last. Whoever
 * wants that across restarts keeps `cursor` and gives it back in the options.
 */
import {
  CloseCode,
  type ConnectFrame,
  type Cursor,
  type EditedEvent,
  type ErrorFrame,
  type GroupEvent,
  type MessageFrame,
  type PeerReadEvent,
  type ReadEvent,
  type ReadFrame,
  type RecalledEvent,
  type ResyncFrame,
  type SentEvent,
  type ServerFrame,
} from '../wire/frames.ts'
import { pauseMs } from './pause.ts'

export interface Credentials {
  /** May be left out: the credential names it. */
  account?: string
  usersig?: string
  token?: string
}

export interface TerminalOptions extends Credentials {
  /** Where the server listens: `wss://chat.example.org`, `http://127.0.0.1:3100`. */
  url: string
  /** Asked before every connection, in place of the fields above: a place to renew what has expired. */
  credentials?: () => Credentials | Promise<Credentials>
  /** From where to go on; absent: from now. */
  cursor?: Cursor
  platform?: string
  /** Streams everything that was missed, however much, in place of `resync` for too much. */
  resumesAll?: boolean
  /** Pauses before coming back are random, up to the first at first and up to the second at last. */
  pauseMsMin?: number
  pauseMsMax?: number
  random?: () => number
}

export type TerminalState = 'connecting' | 'resuming' | 'live' | 'waiting' | 'closed'

/** A frame was answered with an error, or will never be answered. */
export class TerminalError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'TerminalError'
    this.code = code
  }
}

const ACK_EVERY_MS = 1000
/** After so long without a word, the server is asked for one. */
const SILENCE_MS = 20_000
/** After so long without a word, the connection is dead. */
const SILENCE_MS_MAX = 60_000

/** Coming back with the same credentials would end in the same way. */
const FINAL_CODES: readonly number[] = [
  CloseCode.forbidden,
  CloseCode.protocol,
  CloseCode.tooLarge,
  CloseCode.unauthorized,
  CloseCode.revoked,
]

export function connectTerminal(options: TerminalOptions): LiveTerminal {
  return new LiveTerminal(options)
}

export class LiveTerminal {
  onMessage: ((message: MessageFrame) => void) | null = null
  onRead: ((event: ReadEvent) => void) | null = null
  onPeerRead: ((event: PeerReadEvent) => void) | null = null
  onSent: ((event: SentEvent) => void) | null = null
  /** A message that came before was taken back, or says something else now. */
  onRecalled: ((event: RecalledEvent) => void) | null = null
  onEdited: ((event: EditedEvent) => void) | null = null
  /** A group of this account was made or changed, or the account is no member any more. */
  onGroup: ((event: GroupEvent) => void) | null = null
  /** Something is missing before what follows: read lists and history. */
  onResync: ((frame: ResyncFrame) => void) | null = null
  onState: ((state: TerminalState) => void) | null = null
  /** The server refused something that nobody waits for. */
  onError: ((error: TerminalError) => void) | null = null

  readonly #options: TerminalOptions
  #state: TerminalState = 'connecting'
  #cursor: Cursor | undefined
  #ackedUpTo: Cursor | undefined
  #webSocket: WebSocket | null = null
  #attempts = 0
  #heardAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #clock: ReturnType<typeof setInterval> | undefined
  #lastRef = 0
  readonly #reads = new Map<number, PendingRead>()

  constructor(options: TerminalOptions) {
    this.#options = options
    this.#cursor = options.cursor
    this.#clock = setInterval(() => this.#tick(), ACK_EVERY_MS)
    void this.#connect()
  }

  get state(): TerminalState {
    return this.#state
  }

  /** Everything up to here has been handed over. */
  get cursor(): Cursor | undefined {
    return this.#cursor
  }

  /**
   * Marks the conversation with an account, or a group, read, up to a message or all of it.
   * Resolves when that is durable, also when the connection breaks meanwhile.
   */
  read(peer: string | { group: string }, upTo?: string): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(closedError())
    this.#lastRef += 1
    const ref = this.#lastRef
    const named = typeof peer === 'string' ? { with: peer } : { group: peer.group }
    const frame: ReadFrame = { type: 'read', ...named, ref }
    if (upTo !== undefined) frame.upTo = upTo
    return new Promise((resolve, reject) => {
      this.#reads.set(ref, { frame, resolve, reject })
      if (this.#isConnected) this.#say(frame)
    })
  }

  /** Acknowledges what has come, and does not come back. */
  close(): void {
    this.#acknowledge()
    this.#finish()
  }

  get #isConnected(): boolean {
    return this.#state === 'resuming' || this.#state === 'live'
  }

  async #connect(): Promise<void> {
    this.#enter('connecting')
    const { url, platform, credentials, account, usersig, token } = this.#options
    let who: Credentials
    try {
      who = credentials ? await credentials() : present({ account, usersig, token })
    } catch {
      this.#comeBack()
      return
    }
    if (this.#state !== 'connecting') return
    const webSocket = new WebSocket(liveUrl(url))
    this.#webSocket = webSocket
    this.#heardAt = Date.now()
    webSocket.onopen = () => {
      const frame: ConnectFrame = { type: 'connect', ...who }
      if (this.#cursor !== undefined) frame.cursor = this.#cursor
      if (platform !== undefined) frame.platform = platform
      webSocket.send(JSON.stringify(frame))
    }
    webSocket.onmessage = ({ data }) => {
      if (webSocket === this.#webSocket) this.#take(JSON.parse(String(data)) as ServerFrame)
    }
    webSocket.onclose = ({ code }) => {
      if (webSocket === this.#webSocket) this.#lost(code)
    }
  }

  #take(frame: ServerFrame): void {
    this.#heardAt = Date.now()
    switch (frame.type) {
      case 'connected':
        this.#attempts = 0
        this.#enter(this.#cursor === undefined ? 'live' : 'resuming')
        this.#cursor ??= frame.cursor
        for (const { frame: read } of this.#reads.values()) this.#say(read)
        return
      case 'message':
        // A copy that came before is the same copy: an id is for ever.
        if (this.#cursor !== undefined && frame.id <= this.#cursor) return
        this.onMessage?.(frame)
        this.#cursor = frame.id
        return
      case 'caught-up':
        this.#cursor = frame.cursor
        this.#enter('live')
        return
      case 'resync':
        this.#resync(frame)
        return
      case 'read':
        this.onRead?.(frame)
        this.#pass(frame.cursor)
        return
      case 'peer-read':
        this.onPeerRead?.(frame)
        this.#pass(frame.cursor)
        return
      case 'sent':
        this.onSent?.(frame)
        this.#pass(frame.cursor)
        return
      case 'recalled':
        this.onRecalled?.(frame)
        this.#pass(frame.cursor)
        return
      case 'edited':
        this.onEdited?.(frame)
        this.#pass(frame.cursor)
        return
      case 'group':
        this.onGroup?.(frame)
        this.#pass(frame.cursor)
        return
      case 'done':
        this.#settle(frame.ref, (read) => read.resolve())
        return
      case 'error':
        this.#refused(frame)
        return
      case 'pong':
        return
    }
  }

  #resync(frame: ResyncFrame): void {
    this.#cursor = frame.cursor
    if (frame.reason === 'too-much' && this.#options.resumesAll) {
      this.#drop()
      void this.#connect()
      return
    }
    this.onResync?.(frame)
    this.#enter('live')
  }

  #refused({ code, message, ref }: ErrorFrame): void {
    const error = new TerminalError(code, message)
    if (!this.#settle(ref, (read) => read.reject(error))) this.onError?.(error)
  }

  #settle(ref: number | undefined, how: (read: PendingRead) => void): boolean {
    const read = ref === undefined ? undefined : this.#reads.get(ref)
    if (ref === undefined || read === undefined) return false
    this.#reads.delete(ref)
    how(read)
    return true
  }

  /** An event moves the cursor, too, and like a message never back. */
  #pass(cursor: Cursor): void {
    if (this.#cursor === undefined || cursor > this.#cursor) this.#cursor = cursor
  }

  #tick(): void {
    if (!this.#webSocket) return
    const silentMs = Date.now() - this.#heardAt
    if (silentMs > SILENCE_MS_MAX) {
      this.#drop()
      this.#comeBack()
      return
    }
    if (!this.#isConnected) return
    if (silentMs > SILENCE_MS) this.#say({ type: 'ping' })
    this.#acknowledge()
  }

  #acknowledge(): void {
    if (!this.#isConnected || this.#cursor === undefined) return
    if (this.#cursor === this.#ackedUpTo) return
    this.#ackedUpTo = this.#cursor
    this.#say({ type: 'ack', cursor: this.#cursor })
  }

  #say(frame: object): void {
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#webSocket.send(JSON.stringify(frame))
  }

  #lost(code: number): void {
    this.#webSocket = null
    const canRenew = this.#options.credentials !== undefined
    const needsNew = code === CloseCode.unauthorized || code === CloseCode.revoked
    if (FINAL_CODES.includes(code) && !(needsNew && canRenew)) this.#finish()
    else this.#comeBack()
  }

  #comeBack(): void {
    if (this.#state === 'closed') return
    this.#ackedUpTo = undefined
    this.#enter('waiting')
    const { pauseMsMin = 500, pauseMsMax = 30_000, random = Math.random } = this.#options
    const ms = pauseMs(this.#attempts, pauseMsMin, pauseMsMax, random)
    this.#attempts += 1
    this.#timer = setTimeout(() => void this.#connect(), ms)
  }

  #finish(): void {
    if (this.#state === 'closed') return
    clearTimeout(this.#timer)
    clearInterval(this.#clock)
    this.#drop()
    this.#enter('closed')
    for (const read of this.#reads.values()) read.reject(closedError())
    this.#reads.clear()
  }

  /** Lets go of the connection; what it still has to say is not listened to. */
  #drop(): void {
    const webSocket = this.#webSocket
    this.#webSocket = null
    webSocket?.close()
  }

  #enter(state: TerminalState): void {
    if (state === this.#state) return
    this.#state = state
    this.onState?.(state)
  }
}

interface PendingRead {
  frame: ReadFrame
  resolve: () => void
  reject: (error: TerminalError) => void
}

function closedError(): TerminalError {
  return new TerminalError('closed', 'the terminal is closed')
}

/** Where the server's live door is, when only the server was named. */
function liveUrl(url: string): string {
  const live = new URL(url)
  if (live.protocol === 'http:') live.protocol = 'ws:'
  if (live.protocol === 'https:') live.protocol = 'wss:'
  if (live.pathname === '/') live.pathname = '/v1/live'
  return live.href
}

function present(who: { [Key in keyof Credentials]: Credentials[Key] | undefined }): Credentials {
  return Object.fromEntries(Object.entries(who).filter(([, value]) => value !== undefined))
}
