import type { TestServer } from '../lib/server.ts'
import type { Model, Seen } from './model.ts'

const PAGE = 100

/**
 * Reads everything back through the doors and compares it with the model:
 * promise 1 (acknowledged is there, whole), 2 (once, with the same id) and 4
 * (unread is exact). Returns what is wrong.
 */
export async function checkAll(
  server: TestServer,
  model: Model,
  accounts: readonly string[],
): Promise<string[]> {
  const wrong: string[] = []
  const senders = new Set([...model.batches.values()].map(({ sender }) => sender))
  const presentFor = new Map<string, string[]>()

  for (const account of accounts) {
    for (const peer of senders) {
      if (peer === account) continue
      const seen = await history(server, account, peer)
      const unread = await unreadOf(server, account, peer)
      // Between two senders both directions stand in one timeline.
      const received = seen.filter(({ label }) => model.batches.get(label)?.sender === peer)
      wrong.push(...model.check(account, peer, received, unread))
      for (const { label } of received) {
        const accountsWithIt = presentFor.get(label) ?? []
        accountsWithIt.push(account)
        presentFor.set(label, accountsWithIt)
      }
    }
  }
  const isEverybody = accounts.length >= model.accounts.size
  if (isEverybody) {
    for (const [label, present] of presentFor) {
      const problem = model.wholeness(label, present)
      if (problem !== null) wrong.push(problem)
    }
  }
  return wrong
}

async function history(server: TestServer, account: string, peer: string): Promise<Seen[]> {
  const seen: Seen[] = []
  let after = ''
  for (;;) {
    const { status, body } = await server.v1(
      'GET',
      `conversations/${peer}/messages?account=${account}&limit=${PAGE}&after=${after || FIRST}`,
    )
    if (status !== 200) throw new Error(`history: ${status} ${JSON.stringify(body)}`)
    const messages = body.messages as { id: string; content?: { text: string } }[]
    for (const { id, content } of messages) seen.push({ id, label: content?.text ?? 'unreadable' })
    if (messages.length < PAGE) return seen
    after = messages.at(-1)!.id
  }
}

/** An id before every other of this folder. */
const FIRST = `0001${'0'.repeat(20)}`

async function unreadOf(server: TestServer, account: string, peer: string): Promise<number> {
  const answer = await server.tim('openim/get_c2c_unread_msg_num', {
    To_Account: account,
    Peer_Account: [peer],
  })
  const list = answer.C2CUnreadMsgNumList as { C2CUnreadMsgNum: number }[] | undefined
  if (list?.[0] === undefined) throw new Error(`unread: ${JSON.stringify(answer)}`)
  return list[0].C2CUnreadMsgNum
}
