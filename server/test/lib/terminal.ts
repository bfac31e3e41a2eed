import type { ClientFrame, ServerFrame } from '../../../wire/frames.ts'

type Connect = Omit<Extract<ClientFrame, { type: 'connect' }>, 'type'>
type FrameOf<Type> = Extract<ServerFrame, { type: Type }>

/** A native terminal in a test: keeps every frame, and gives them out one by one. */
export class TestTerminal implements Disposable {
  readonly frames: ServerFrame[] = []
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  readonly #taken = new Set<ServerFrame>()
  #wake: (() => void) | null = null

  constructor(url: string) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/v1/live`)
    this.#socket.addEventListener('message', ({ data }) => {
      this.frames.push(JSON.parse(data) as ServerFrame)
      this.#wake?.()
    })
    this.closed = new Promise((resolve) => {
      this.#socket.addEventListener('close', ({ code }) => resolve(code))
    })
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.addEventListener('open', () => resolve())
      this.#socket.addEventListener('error', () => reject(new Error('the terminal cannot connect')))
    })
  }

  say(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  /** Anything at all, as text or as bytes. Silent once the terminal is closed. */
  sayBytes(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    this.#socket.send(isBinary ? bytes : Buffer.from(bytes).toString('latin1'))
  }

  end(): void {
    this.#socket.close()
  }

  /** The next frame of this type that was not given out yet; waits for it, for 10 s at most. */
  async next<Type extends ServerFrame['type']>(type: Type): Promise<FrameOf<Type>> {
    const giveUpAt = Date.now() + 10_000
    for (;;) {
      const found = this.frames.find((frame) => frame.type === type && !this.#taken.has(frame))
      if (found !== undefined) {
        this.#taken.add(found)
        return found as FrameOf<Type>
      }
      if (Date.now() > giveUpAt) throw new Error(`no ${type} among ${JSON.stringify(this.frames)}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, 1000)
      })
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

/** Connects a terminal and waits until the server knows it. */
export async function openTerminal(
  { url }: { url: string },
  connect: Connect,
): Promise<TestTerminal> {
  const terminal = new TestTerminal(url)
  await terminal.opened()
  terminal.say({ type: 'connect', ...connect })
  await terminal.next('connected')
  return terminal
}
