import type { IncomingMessage } from 'node:http'
import { Fault } from '../../../domain/errors.ts'

/** Bodies other than that of an import are a few fields. */
const BODY_BYTES_MAX = 65_536

/** The whole body, as text. */
export async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) {
      throw new Fault('tooLarge', `the body is longer than ${BODY_BYTES_MAX} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
