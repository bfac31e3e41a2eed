/**
 * Mixed load: batches through both doors, marks, recalls and imports, all at once, until the server dies
 * under them. What was answered is noted as certain, what was cut off as in doubt.
 */

import { clientHeaders, imkit } from '../lib/imkit.ts'
import type { Random } from '../lib/random.ts'
import type { TestServer } from '../lib/server.ts'
import type { Model, SentBatch } from './model.ts'

interface RoomMessage {
  id: string
  message: string
  messageType: string
}

const SENDERS = ['administrator', 'shop', 'bank', 'u3']
/** Sends through the other door. Nobody writes to it, so that its own marks do not matter. */
const TEMPLATE_SENDER = 'mall'
const ROOMS = ['crew', 'night-shift', 'everybody']
const WORKERS = 6

export class Load {
  readonly #model: Model
  readonly #random: Random
  readonly #tokens = new Map<string, string>()
  #batches = 0
  #imports = 0

  constructor(model: Model, random: Random) {
    this.#model = model
    this.#random = random
  }

  /** Imports who is needed at least. */
  async begin(server: TestServer): Promise<void> {
    const ids = [...SENDERS, ...Array.from({ length: 60 }, (_, i) => `u${i}`)]
    await server.importAccounts([...ids, TEMPLATE_SENDER])
    for (const id of ids) this.#model.accounts.add(id)
    for (const [i, room] of ROOMS.entries()) {
      const members = ids.slice(i * 5, i * 5 + 4 + i * 20)
      await imkit(server, 'POST', '/rooms', { _id: room, roomType: 'group', members })
      this.#model.rooms.members.set(room, members)
    }
    for (const member of new Set(this.#members())) {
      const client = { _id: member, issueAccessToken: true }
      const { token } = await imkit(server, 'POST', '/admin/clients', client)
      this.#tokens.set(member, token as string)
    }
  }

  #members(): string[] {
    return [...this.#model.rooms.members.values()].flat()
  }

  /** Works until the server stops answering. Returns how many calls were answered. */
  async until(server: TestServer): Promise<number> {
    const counts = await Promise.all(Array.from({ length: WORKERS }, () => this.#work(server)))
    return counts.reduce((a, b) => a + b, 0)
  }

  /** Sends again what is in doubt, as a careful caller does after a crash. Each then is certain. */
  async retry(server: TestServer): Promise<number> {
    const { doubtful } = this.#model
    for (const batch of doubtful) {
      await send(server, batch)
      batch.state = 'certain'
    }
    return doubtful.length
  }

  async #work(server: TestServer): Promise<number> {
    let answered = 0
    for (;;) {
      const isAnswered = await this.#step(server).then(
        () => true,
        (error: unknown) => {
          if (isCutOff(error)) return false
          throw error
        },
      )
      if (!isAnswered) return answered
      answered += 1
    }
  }

  #step(server: TestServer): Promise<void> {
    const dice = this.#random.below(20)
    if (dice < 7) return this.#batch(server, 'tim')
    if (dice < 13) return this.#batch(server, 'imkit')
    if (dice < 16) return this.#mark(server)
    if (dice < 18) return this.#markRoom(server)
    return dice < 19 ? this.#recall(server) : this.#import(server)
  }

  async #batch(server: TestServer, door: SentBatch['door']): Promise<void> {
    this.#batches += 1
    const n = this.#batches
    const batch: SentBatch = {
      label: `batch ${n}`,
      door,
      sender: door === 'tim' ? this.#random.pick(SENDERS) : TEMPLATE_SENDER,
      rooms: door === 'tim' ? [] : this.#random.some(ROOMS, this.#random.below(3)),
      recipients: this.#random.some([...this.#model.accounts], 1 + this.#random.below(40)),
      seq: n,
      random: this.#random.below(2 ** 32),
      counted: door === 'imkit' || this.#random.below(5) > 0,
      state: 'in doubt',
    }
    batch.recipients = batch.recipients.filter((id) => id !== batch.sender)
    if (batch.recipients.length === 0) return
    this.#model.send(batch)
    await send(server, batch)
    batch.state = 'certain'
    // A careless caller sends once more what has been answered; nothing may change.
    if (this.#random.below(8) === 0) await send(server, batch)
  }

  async #mark(server: TestServer): Promise<void> {
    const reader = this.#random.pick([...this.#model.accounts])
    const peer = this.#random.pick(SENDERS)
    const limit = 1 + this.#random.below(20)
    const page = await server.v1(
      'GET',
      `conversations/${peer}/messages?account=${reader}&limit=${limit}`,
    )
    const messages = (page.body.messages ?? []) as { id: string }[]
    if (messages.length === 0) return
    const upTo = this.#random.pick(messages).id
    this.#model.mark({ reader, peer, upTo, state: 'in doubt' })
    const { status, body } = await server.v1(
      'POST',
      `conversations/${peer}/read?account=${reader}`,
      { upTo },
    )
    if (status !== 200) throw new Error(`read: ${status} ${JSON.stringify(body)}`)
    this.#model.mark({ reader, peer, upTo, state: 'certain' })
  }

  async #markRoom(server: TestServer): Promise<void> {
    const room = this.#random.pick(ROOMS)
    const member = this.#random.pick(this.#model.rooms.members.get(room)!)
    const message = (await this.#someMessage(server, room))?.id
    if (message === undefined) return
    this.#model.rooms.mark(room, member, message, 'in doubt')
    const token = this.#tokens.get(member)!
    await imkit(server, 'PUT', `/rooms/${room}/lastRead`, { message }, clientHeaders(token))
    this.#model.rooms.mark(room, member, message, 'certain')
  }

  async #recall(server: TestServer): Promise<void> {
    const room = this.#random.pick(ROOMS)
    const { id, message, messageType } = (await this.#someMessage(server, room)) ?? {}
    if (id === undefined || messageType === 'recall') return
    this.#model.rooms.recall(id, message!, 'in doubt')
    await imkit(server, 'POST', `/rooms/${room}/message`, { _id: id, messageType: 'recall' })
    this.#model.rooms.recall(id, message!, 'certain')
  }

  /** One of the newest. */
  async #someMessage(server: TestServer, room: string): Promise<RoomMessage | undefined> {
    const path = `/rooms/${room}/messages/v3?limit=${1 + this.#random.below(20)}`
    const { data } = await imkit(server, 'GET', path)
    const messages = data as RoomMessage[]
    return messages.length === 0 ? undefined : this.#random.pick(messages)
  }

  async #import(server: TestServer): Promise<void> {
    this.#imports += 1
    const id = `late${this.#imports}-${this.#random.below(2 ** 32)}`
    this.#model.accountsInDoubt.add(id)
    await server.importAccounts([id])
    this.#model.accountsInDoubt.delete(id)
    this.#model.accounts.add(id)
  }
}

function send(server: TestServer, batch: SentBatch): Promise<void> {
  return batch.door === 'tim' ? sendList(server, batch) : sendTemplate(server, batch)
}

/** Each entry brings the label in a pattern of its own; the key tells a retry. */
async function sendTemplate(server: TestServer, batch: SentBatch): Promise<void> {
  const { label, sender, recipients, rooms, random } = batch
  const paras = [
    ...recipients.map((receiver) => ({ receiver })),
    ...rooms.map((room) => ({ room })),
  ]
  const body = {
    sender,
    messageType: 'text',
    message: '$label$',
    extra: { to: ['$who$'] },
    paras: paras.map((entry, i) => ({ ...entry, $label$: label, $who$: `number ${i}` })),
  }
  const headers = { 'idempotency-key': `${label} ${random}` }
  const { count } = await imkit(server, 'POST', '/messages/batch', body, headers)
  if (count !== paras.length) throw new Error(`${label}: ${count} of ${paras.length}`)
}

async function sendList(server: TestServer, batch: SentBatch): Promise<void> {
  const answer = await server.tim('openim/batchsendmsg', {
    From_Account: batch.sender,
    To_Account: batch.recipients,
    MsgSeq: batch.seq,
    MsgRandom: batch.random,
    SyncOtherMachine: 2,
    ...(batch.counted ? {} : { SendMsgControl: ['NoUnread'] }),
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: batch.label } }],
  })
  if (answer.ActionStatus !== 'OK') throw new Error(`${batch.label}: ${JSON.stringify(answer)}`)
}

/** The connection ended before the answer: that is what a crash looks like from outside. */
function isCutOff(error: unknown): boolean {
  const text = error instanceof Error ? `${error.message} ${error.cause ?? ''}` : String(error)
  return /fetch failed|socket|terminated|ECONNREFUSED|ECONNRESET|other side closed|JSON/i.test(text)
}
