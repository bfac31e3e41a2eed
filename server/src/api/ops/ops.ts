/**
 * What the machine room asks: is the process alive, may it have traffic, and
 * how is it doing.
 *
 *   GET /livez    200 as soon as calls are served, 503 before
 *   GET /readyz   the same, and 503 while stopping or when the disk is nearly full
 *   GET /metrics  Prometheus text; from elsewhere than loopback with the API key
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metrics } from './metrics.ts'

export interface OpsOptions {
  metrics: Metrics
  /** null: all is well; otherwise why the server should have no traffic. */
  unready: () => string | null
  isServing: () => boolean
  mayReadMetrics: (request: IncomingMessage) => boolean
}

const paths = new Set(['/livez', '/readyz', '/metrics'])

export function openOps({ metrics, unready, isServing, mayReadMetrics }: OpsOptions) {
  return {
    serves: (path: string) => paths.has(path),

    async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return say(response, 405, 'method not allowed: GET is served here')
      }
      if (path === '/livez') {
        return isServing() ? say(response, 200, 'ok') : say(response, 503, 'starting')
      }
      if (path === '/readyz') {
        const reason = unready()
        return reason === null ? say(response, 200, 'ok') : say(response, 503, reason)
      }
      if (!mayReadMetrics(request))
        return say(response, 401, 'the API key is needed: Authorization: Bearer KEY')
      const { registry } = metrics
      say(response, 200, await registry.metrics(), registry.contentType)
    },
  }
}

function say(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(text.endsWith('\n') ? text : `${text}\n`)
}
