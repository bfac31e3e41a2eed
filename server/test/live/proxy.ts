import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A hostile network between terminals and the server: it cuts every connection
 * after so many bytes towards the terminal as it is told, in the middle of
 * whatever is being said.
 */
export class CuttingProxy {
  cuts = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(port: number, bytesUntilCut: () => number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      let left = bytesUntilCut()
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          this.#sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.pipe(far)
      far.on('data', (chunk: Buffer) => {
        if (left <= 0) return
        near.write(chunk.subarray(0, left))
        left -= chunk.length
        if (left > 0) return
        this.cuts += 1
        // What was let through still arrives: a cut loses what comes after it.
        near.end(() => far.destroy())
      })
    })
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
