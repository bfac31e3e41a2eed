import { makeUserSig } from '../../server/src/access/usersig.ts'
import { accountId } from './accounts.ts'
import { nativeDialect, socketIoDialect } from './dialects.ts'
import { type Dialect, Receiver } from './receivers.ts'
import { type BenchServer, keys } from './server.ts'

export type ProtocolName = 'native' | 'socket.io'

/** Opens a terminal for each of the accounts from `first` on, 200 at a time. */
export async function openReceivers(
  server: BenchServer,
  count: number,
  protocol: ProtocolName = 'native',
  first = 0,
): Promise<Receiver[]> {
  const receivers: Receiver[] = []
  const dialectOf = protocol === 'native' ? openNative() : openSocketIo(server)
  for (let from = 0; from < count; from += 200) {
    const slice = await Promise.all(
      Array.from({ length: Math.min(200, count - from) }, async (_, i) => {
        const dialect = await dialectOf(accountId(first + from + i))
        const receiver = new Receiver(server.host, server.port, dialect)
        await receiver.connected()
        return receiver
      }),
    )
    receivers.push(...slice)
  }
  return receivers
}

type DialectOf = (account: string) => Promise<Dialect>

function openNative(): DialectOf {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return async (account) => {
    const usersig = makeUserSig({
      account,
      sdkAppId: Number(keys.CARILLON_SDKAPPID),
      key: keys.CARILLON_SECRET_KEY,
      nowSeconds,
      expireSeconds: 86_400,
    })
    return nativeDialect(account, usersig)
  }
}

function openSocketIo({ host, port }: BenchServer): DialectOf {
  return async (account) => {
    const response = await fetch(`http://${host}:${port}/admin/clients`, {
      method: 'POST',
      headers: { 'im-api-key': keys.CARILLON_API_KEY, 'content-type': 'application/json' },
      body: JSON.stringify({ _id: account, issueAccessToken: true }),
    })
    const { result } = (await response.json()) as { result: { token: string } }
    return socketIoDialect(result.token, keys.CARILLON_CLIENT_KEY)
  }
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
