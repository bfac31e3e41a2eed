import { Caller, postRequest } from './caller.ts'
import { type BenchServer, keys } from './server.ts'

/** `u0000042`: all of one length. */
export function accountId(i: number): string {
  return `u${String(i).padStart(7, '0')}`
}

/** Imports accounts 0 to `count` - 1. */
export async function importAccounts({ host, port }: BenchServer, count: number): Promise<void> {
  const caller = await Caller.open(host, port)
  for (let from = 0; from < count; from += 100_000) {
    const ids = Array.from({ length: Math.min(100_000, count - from) }, (_, i) =>
      accountId(from + i),
    )
    const lines = ids.map((id) => `{"id":"${id}"}\n`).join('')
    const headers = [`authorization: Bearer ${keys.CARILLON_API_KEY}`]
    const answer = JSON.parse(
      String(await caller.call(postRequest('/v1/accounts', lines, headers))),
    )
    if (answer.created !== ids.length) throw new Error(`import: ${JSON.stringify(answer)}`)
  }
  caller.end()
}
