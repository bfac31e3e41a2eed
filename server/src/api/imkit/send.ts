/** Sends an answer, compressed if it is worth it and the caller can read that. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, deflate, gzip } from 'node:zlib'

/** Under this size an answer fits a packet or two anyway. */
const COMPRESSED_FROM_BYTES = 1024

/** Best first. Brotli at its default quality takes thirty times as long, for a tenth less. */
const encoders = {
  br: (bytes: Buffer) => brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: promisify<Buffer, Buffer>(gzip),
  deflate: promisify<Buffer, Buffer>(deflate),
}
const brotli = promisify<Buffer, object, Buffer>(brotliCompress)

type Encoding = keyof typeof encoders

export interface Answer {
  status: number
  json: string
  headers: Record<string, string>
}

export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, json, headers }: Answer,
): Promise<void> {
  const bytes = Buffer.from(json)
  const encoding = bytes.length < COMPRESSED_FROM_BYTES ? null : encodingFor(request)
  const body = encoding === null ? bytes : await encoders[encoding](bytes)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': body.length,
    ...headers,
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
    // A connection whose request is not read to its end cannot carry another.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(body)
}

/** The first of ours that the caller takes; null: it takes none. */
function encodingFor({ headers }: IncomingMessage): Encoding | null {
  const taken = new Set<string>()
  for (const part of String(headers['accept-encoding'] ?? '').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase())
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) taken.add(name)
  }
  const names = Object.keys(encoders) as Encoding[]
  return names.find((name) => taken.has(name)) ?? null
}
