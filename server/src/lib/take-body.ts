/**
 * Takes the body of a request from its socket.
 *
 *   whole      all of it is here
 *   tooLarge   it has more bytes than allowed
 *   late       it has not come in time
 *   gone       the caller has hung up: nobody waits for an answer
 *
 * What is too large, or not wanted because the call is refused already, is
 * read and thrown away up to a limit: a caller that writes everything before it
 * reads would otherwise find its connection reset in place of the answer.
 */
import type { IncomingMessage } from 'node:http'

export type Body = Received | { state: 'gone' }

export type Received = { state: 'whole'; bytes: Buffer } | { state: 'tooLarge' } | { state: 'late' }

export interface BodyLimits {
  /** 0: the body is not wanted, because the call is refused already. */
  bytesMax: number
  /** How much is read and thrown away at most. */
  discardedBytesMax: number
  timeoutMs: number
}

const NOTHING = Buffer.alloc(0)

export function takeBody(
  request: IncomingMessage,
  { bytesMax, discardedBytesMax, timeoutMs }: BodyLimits,
): Promise<Body> {
  return new Promise((resolve) => {
    if (request.destroyed) return resolve({ state: 'gone' })
    let chunks: Buffer[] = []
    let length = 0
    const timer = setTimeout(() => settle({ state: 'late' }), timeoutMs)
    request.on('data', take).on('end', end).on('close', gone).on('error', gone)

    function take(chunk: Buffer): void {
      length += chunk.length
      if (length <= bytesMax) {
        chunks.push(chunk)
        return
      }
      chunks = []
      if (length > discardedBytesMax) settle({ state: 'tooLarge' })
    }

    function end(): void {
      if (length > bytesMax) settle({ state: 'tooLarge' })
      else settle({ state: 'whole', bytes: joined() })
    }

    function joined(): Buffer {
      return chunks.length === 1
        ? chunks[0]!
        : chunks.length === 0
          ? NOTHING
          : Buffer.concat(chunks)
    }

    function gone(): void {
      settle({ state: 'gone' })
    }

    function settle(body: Body): void {
      clearTimeout(timer)
      request.off('data', take).off('end', end).off('close', gone)
      resolve(body)
    }
  })
}
