/** An HTTP server that stands in for a hook of an operator: it does what a test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Posted {
  url: string
  method: string
  headers: IncomingHttpHeaders
  body: string
}

export interface HookDouble {
  readonly origin: string
  /** What it was asked, in order. */
  readonly posts: Posted[]
  answer: (response: ServerResponse, posted: Posted) => void
  /** How many connections are open to it. */
  connections(): Promise<number>
  close(): Promise<void>
}

/** Answers 200 and nothing, until it is told otherwise. */
export async function startHookDouble(port = 0): Promise<HookDouble> {
  const posts: Posted[] = []
  const server = createServer(async (request, response) => {
    response.on('error', () => {})
    let body = ''
    for await (const chunk of request) body += chunk
    const { url = '', method = '', headers } = request
    const posted = { url, method, headers, body }
    posts.push(posted)
    double.answer(response, posted)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const double: HookDouble = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    answer: (response) => response.end(),
    connections: () =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return double
}
