import { type BenchServer, keys } from './server.ts'

/** `u0000042`: all of one length. */
export function accountId(i: number): string {
  return `u${String(i).padStart(7, '0')}`
}

/** Imports accounts 0 to `count` - 1. */
export async function importAccounts({ host, port }: BenchServer, count: number): Promise<void> {
  for (let from = 0; from < count; from += 100_000) {
    const ids = Array.from({ length: Math.min(100_000, count - from) }, (_, i) =>
      accountId(from + i),
    )
    const response = await fetch(`http://${host}:${port}/v1/accounts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.CARILLON_API_KEY}` },
      body: ids.map((id) => `{"id":"${id}"}\n`).join(''),
    })
    const answer = (await response.json()) as { created: number }
    if (answer.created !== ids.length) throw new Error(`import: ${JSON.stringify(answer)}`)
  }
}
