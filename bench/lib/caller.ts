/**
 * Callers: keep-alive HTTP connections on raw sockets, one call under way on
 * each. Requests are made of bytes prepared before the clock runs, so that the
 * generator costs little beside what it measures.
 */
import { connect, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')

export class Caller {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #resolve: ((body: Buffer) => void) | null = null
  #reject: ((error: Error) => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#reject?.(error))
    socket.on('close', () => this.#reject?.(new Error('the server closed the connection')))
  }

  static open(host: string, port: number): Promise<Caller> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port }, () => resolve(new Caller(socket)))
      socket.once('error', reject)
    })
  }

  /** Sends a whole request; resolves with the body of its answer. */
  call(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(request)
    })
  }

  end(): void {
    this.#reject = null
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const head = this.#received.indexOf(HEAD_END)
    if (head < 0) return
    const length = /content-length: (\d+)/i.exec(this.#received.toString('latin1', 0, head))?.[1]
    if (length === undefined) {
      this.#reject?.(new Error('an answer without content-length'))
      return
    }
    const end = head + HEAD_END.length + Number(length)
    if (this.#received.length < end) return
    const body = this.#received.subarray(head + HEAD_END.length, end)
    this.#received = this.#received.subarray(end)
    const resolve = this.#resolve
    this.#resolve = null
    resolve?.(body)
  }
}

/** A whole POST request with a JSON body. */
export function postRequest(
  path: string,
  body: Buffer | string,
  headers: readonly string[] = [],
): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: bench',
    'content-type: application/json',
    `content-length: ${bytes.length}`,
    ...headers,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes])
}

export function getRequest(path: string, headers: readonly string[] = []): Buffer {
  return Buffer.from(`${[`GET ${path} HTTP/1.1`, 'host: bench', ...headers].join('\r\n')}\r\n\r\n`)
}
