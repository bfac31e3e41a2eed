import { makeUserSig } from '../../server/src/access/usersig.ts'
import { accountId } from './accounts.ts'
import { Receiver } from './receivers.ts'
import { type BenchServer, keys } from './server.ts'

/** Opens a terminal for each of the first accounts, 200 at a time. */
export async function openReceivers(
  { host, port }: BenchServer,
  count: number,
): Promise<Receiver[]> {
  const receivers: Receiver[] = []
  const nowSeconds = Math.floor(Date.now() / 1000)
  for (let from = 0; from < count; from += 200) {
    const slice = Array.from({ length: Math.min(200, count - from) }, (_, i) => {
      const account = accountId(from + i)
      const usersig = makeUserSig({
        account,
        sdkAppId: Number(keys.CARILLON_SDKAPPID),
        key: keys.CARILLON_SECRET_KEY,
        nowSeconds,
        expireSeconds: 86_400,
      })
      return new Receiver(host, port, { type: 'connect', account, usersig })
    })
    await Promise.all(slice.map((receiver) => receiver.connected()))
    receivers.push(...slice)
  }
  return receivers
}

export function countOf(receivers: readonly Receiver[]): { messages: number; disorder: number } {
  let messages = 0
  let disorder = 0
  for (const receiver of receivers) {
    messages += receiver.messages
    disorder += receiver.disorder
  }
  return { messages, disorder }
}
