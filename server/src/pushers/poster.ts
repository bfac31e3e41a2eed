/**
 * Posts over HTTP/1.1 to addresses that are told per call. Connections are kept
 * and bounded, redirects are not followed, of an answer only a beginning is
 * read, and all of a call has to happen in its time.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { getCACertificates } from 'node:tls'

export interface Poster {
  /** Rejects with an `Error` that has a `code` when there is no whole answer. */
  post(url: URL, headers: Record<string, string>, body: Buffer): Promise<Answer>
  /** Ends the connections: what is under way rejects with the code `Closed`. */
  close(): void
}

export interface Answer {
  status: number
  /** By name in lower case. */
  header(name: string): string | undefined
  /** At most `answerBytesMax` of it. */
  text: string
  /** Nothing was left out. */
  isWhole: boolean
}

export interface PosterOptions {
  timeoutMs: number
  connectionsMax: number
  connectionsPerHostMax: number
  /** More of an answer is not read. */
  answerBytesMax?: number
  /** PEM of an authority that is trusted beside the known ones. */
  ca?: string
  lookup?: LookupFunction
}

const IDLE_MS_MAX = 60_000

export function openPoster(options: PosterOptions): Poster {
  const { timeoutMs, lookup, ca, answerBytesMax = 4096 } = options
  const pool = {
    keepAlive: true,
    maxTotalSockets: options.connectionsMax,
    maxSockets: options.connectionsPerHostMax,
    maxFreeSockets: options.connectionsPerHostMax,
    timeout: IDLE_MS_MAX,
    ...(lookup && { lookup }),
  }
  const agents = {
    http: new HttpAgent(pool),
    https: new HttpsAgent({ ...pool, ...(ca && { ca: trusted(ca) }) }),
  }
  const closing = new AbortController()

  return {
    post(url, headers, body) {
      return new Promise((resolve, reject) => {
        const settings = {
          method: 'POST',
          headers: { ...headers, 'content-length': body.length },
        }
        const request =
          url.protocol === 'https:'
            ? httpsRequest(url, { ...settings, agent: agents.https })
            : httpRequest(url, { ...settings, agent: agents.http })
        const timer = setTimeout(() => end(failure('Timeout')), timeoutMs)
        const onClose = () => end(failure('Closed'))
        closing.signal.addEventListener('abort', onClose)
        if (closing.signal.aborted) onClose()

        request.on('error', end).on('response', (response) => {
          takeText(response, answerBytesMax).then((taken) => {
            settle()
            resolve({
              status: response.statusCode!,
              header: (name) => oneOf(response.headers[name]),
              ...taken,
            })
          }, end)
        })
        request.end(body)

        function end(error: Error): void {
          settle()
          reject(error)
          request.destroy(error)
        }

        function settle(): void {
          clearTimeout(timer)
          closing.signal.removeEventListener('abort', onClose)
        }
      })
    },
    close() {
      closing.abort()
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

/** The name under which a failed call is reported. */
export function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return code ?? 'Failed'
}

function trusted(ca: string): string[] {
  return [...getCACertificates('default'), ca]
}

async function takeText(
  response: IncomingMessage,
  bytesMax: number,
): Promise<Pick<Answer, 'text' | 'isWhole'>> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    length += chunk.length
    if (length > bytesMax) break
  }
  const text = Buffer.concat(chunks).toString('utf8', 0, bytesMax)
  return { text, isWhole: length <= bytesMax }
}

function oneOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function failure(code: string): Error {
  return Object.assign(new Error(`no answer: ${code}`), { code })
}
