/**
 * Mixed load: batches, marks and imports, all at once, until the server dies
 * under them. What was answered is noted as certain, what was cut off as in doubt.
 */

import type { Random } from '../lib/random.ts'
import type { TestServer } from '../lib/server.ts'
import type { Model, SentBatch } from './model.ts'

const SENDERS = ['administrator', 'shop', 'bank', 'u3']
const WORKERS = 6

export class Load {
  readonly #model: Model
  readonly #random: Random
  #batches = 0
  #imports = 0

  constructor(model: Model, random: Random) {
    this.#model = model
    this.#random = random
  }

  /** Imports who is needed at least. */
  async begin(server: TestServer): Promise<void> {
    const ids = [...SENDERS, ...Array.from({ length: 60 }, (_, i) => `u${i}`)]
    await server.importAccounts(ids)
    for (const id of ids) this.#model.accounts.add(id)
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
      const dice = this.#random.below(10)
      const step =
        dice < 7 ? this.#batch(server) : dice < 9 ? this.#mark(server) : this.#import(server)
      const isAnswered = await step.then(
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

  async #batch(server: TestServer): Promise<void> {
    this.#batches += 1
    const n = this.#batches
    const batch: SentBatch = {
      label: `batch ${n}`,
      sender: this.#random.pick(SENDERS),
      recipients: this.#random.some([...this.#model.accounts], 1 + this.#random.below(40)),
      seq: n,
      random: this.#random.below(2 ** 32),
      counted: this.#random.below(5) > 0,
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

  async #import(server: TestServer): Promise<void> {
    this.#imports += 1
    const id = `late${this.#imports}-${this.#random.below(2 ** 32)}`
    this.#model.accountsInDoubt.add(id)
    await server.importAccounts([id])
    this.#model.accountsInDoubt.delete(id)
    this.#model.accounts.add(id)
  }
}

async function send(server: TestServer, batch: SentBatch): Promise<void> {
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
