import { keys, type TestServer } from './server.ts'

/** One call of the IMKIT door, as the platform unless `headers` say otherwise; gives its result. */
export async function imkit(
  server: TestServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const who = 'im-authorization' in headers ? {} : { 'im-api-key': keys.CARILLON_API_KEY }
  const response = await fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...who, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as { RC: number; result: Record<string, unknown> }
  if (answer.RC !== 0) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
  return answer.result
}

export function clientHeaders(token: string): Record<string, string> {
  return { 'im-client-key': keys.CARILLON_CLIENT_KEY, 'im-authorization': token }
}
