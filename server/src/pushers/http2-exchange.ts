/** One request and its answer, on one stream of an HTTP/2 connection. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'

export interface Http2Request {
  method: 'GET' | 'POST'
  path: string
  headers: OutgoingHttpHeaders
  body: string | Buffer
}

export type Http2Answer =
  | Answered
  /** No whole answer came. Untouched: the peer has certainly not acted on it. */
  | { state: 'lost'; reason: string; isUntouched: boolean }

interface Answered {
  state: 'answered'
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export type StreamEnding =
  | Answered
  | { state: 'lost'; reason: string; isRefused: boolean; streamId: number | undefined }

/** Answers are a line or two; of a longer one the rest is not read. */
const ANSWER_BYTES_MAX = 65_536

/** Settles once. The function that it gives takes the request back. */
export function exchange(
  session: ClientHttp2Session,
  { method, path, headers, body }: Http2Request,
  settle: (ending: StreamEnding) => void,
): () => void {
  const stream = opened(session, { ':method': method, ':path': path, ...headers })
  if (stream instanceof Error) {
    const reason = errorCode(stream)
    queueMicrotask(() => settle({ state: 'lost', reason, isRefused: false, streamId: undefined }))
    return () => {}
  }
  const chunks: Buffer[] = []
  let length = 0
  let answer: IncomingHttpHeaders & { ':status'?: number | undefined } = {}
  let isWhole = false
  let reason = ''
  stream
    .on('response', (received) => {
      answer = received
    })
    .on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= ANSWER_BYTES_MAX) chunks.push(chunk)
      else stream.close(constants.NGHTTP2_CANCEL)
    })
    .on('end', () => {
      isWhole = true
    })
    .on('error', (error) => {
      reason = errorReason(stream, error)
    })
    .on('close', () => {
      const status = answer[':status']
      const isAnswered = status !== undefined && (isWhole || length > ANSWER_BYTES_MAX)
      if (isAnswered) {
        const text = Buffer.concat(chunks).toString()
        settle({ state: 'answered', status, headers: answer, body: text })
      } else {
        const isRefused =
          stream.id === undefined || stream.rstCode === constants.NGHTTP2_REFUSED_STREAM
        reason ||= resetReason(stream.rstCode)
        settle({ state: 'lost', reason, isRefused, streamId: stream.id })
      }
    })
  stream.end(body)
  return () => stream.close(constants.NGHTTP2_CANCEL)
}

/** Node throws over a header that HTTP cannot carry. */
function opened(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
): ClientHttp2Stream | Error {
  try {
    return session.request(headers)
  } catch (error) {
    return error as Error
  }
}

function errorReason(stream: ClientHttp2Stream, error: Error): string {
  const isReset = errorCode(error) === 'ERR_HTTP2_STREAM_ERROR'
  return isReset ? resetReason(stream.rstCode) : errorCode((error.cause as Error) ?? error)
}

/** `ECONNRESET`, where there is such a code. */
export function errorCode(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.name
}

/** RFC 9113, section 7. */
const resetReasons = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

function resetReason(code: number | undefined): string {
  return resetReasons[code ?? 0] ?? `reset ${code}`
}
