import { imkit } from '../lib/imkit.ts'
import type { TestServer } from '../lib/server.ts'
import type { Model, Seen } from './model.ts'
import type { SeenInRoom } from './room-model.ts'

const PAGE = 100

/**
 * Reads conversations back through the doors and compares them with the model:
 * promise 1 (what was acknowledged is there), 2 (once, with the same id) and 4
 * (unread is exact). Returns what is wrong.
 */
export async function checkAccounts(
  server: TestServer,
  model: Model,
  accounts: readonly string[],
): Promise<string[]> {
  const wrong: string[] = []
  const senders = new Set([...model.batches.values()].map(({ sender }) => sender))
  for (const account of accounts) {
    for (const peer of senders) {
      if (peer === account) continue
      const seen = await history(server, account, peer)
      const unread = await unreadOf(server, account, peer)
      // Between two senders both directions stand in one timeline.
      const received = seen.filter(({ label }) => model.batches.get(label)?.sender === peer)
      wrong.push(...model.check(account, peer, received, unread))
    }
  }
  return wrong
}

/** A batch that was cut off is there for all of its recipients, or for none. */
export async function checkWhole(server: TestServer, model: Model): Promise<string[]> {
  const wrong: string[] = []
  for (const { label, sender, recipients } of model.doubtful) {
    let present = 0
    for (const recipient of recipients) {
      const newest = await page(server, recipient, sender, '')
      if (newest.some((message) => message.label === label)) present += 1
    }
    if (present !== 0 && present !== recipients.length) {
      wrong.push(`${label} reached ${present} of ${recipients.length} recipients`)
    }
  }
  return wrong
}

/** The same for groups: their messages, and the badge of every member. */
export async function checkRooms(server: TestServer, model: Model): Promise<string[]> {
  const wrong: string[] = []
  for (const room of model.rooms.members.keys()) {
    const { memberProperties } = await imkit(server, 'GET', `/rooms/${room}`)
    const members = memberProperties as { client: string; badge: number }[]
    const found = members.map(({ client, badge }) => ({ id: client, badge }))
    wrong.push(...model.rooms.check(room, await roomHistory(server, room), found))
  }
  return wrong
}

/** From old to new. */
async function roomHistory(server: TestServer, room: string): Promise<SeenInRoom[]> {
  const seen: SeenInRoom[] = []
  for (let before = ''; ; ) {
    const { data } = await imkit(server, 'GET', `/rooms/${room}/messages?limit=${PAGE}${before}`)
    const messages = data as { id: string; message: string; messageType: string }[]
    for (const { id, message, messageType } of messages) {
      seen.push({ id, label: message, isRecalled: messageType === 'recall' })
    }
    if (messages.length < PAGE) return seen.reverse()
    before = `&beforeMessage=${messages.at(-1)!.id}`
  }
}

async function history(server: TestServer, account: string, peer: string): Promise<Seen[]> {
  const seen: Seen[] = []
  let after = FIRST
  for (;;) {
    const messages = await page(server, account, peer, `&after=${after}`)
    seen.push(...messages)
    if (messages.length < PAGE) return seen
    after = messages.at(-1)!.id
  }
}

async function page(
  server: TestServer,
  account: string,
  peer: string,
  from: string,
): Promise<Seen[]> {
  const path = `conversations/${peer}/messages?account=${account}&limit=${PAGE}${from}`
  const { status, body } = await server.v1('GET', path)
  if (status !== 200) throw new Error(`history: ${status} ${JSON.stringify(body)}`)
  const messages = body.messages as { id: string; content?: { text: string } }[]
  return messages.map(({ id, content }) => ({ id, label: content?.text ?? 'unreadable' }))
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
