import { RoomModel } from './room-model.ts'

/**
 * What must be true after a crash, kept by the one who made the calls.
 *
 * A call that was answered is certain. One that the crash cut off is in doubt:
 * it may have happened or not, but only as a whole, and a retry of it must
 * leave exactly one copy.
 */
export interface SentBatch {
  /** Stands in the text of the message, so that a copy says which batch it is of. */
  label: string
  /** Through which door it came. */
  door: 'tim' | 'imkit'
  sender: string
  recipients: string[]
  /** Groups that got a copy too. */
  rooms: string[]
  seq: number
  random: number
  counted: boolean
  state: 'in doubt' | 'certain'
}

export interface SentMark {
  reader: string
  peer: string
  /** The message up to which was read. */
  upTo: string
  state: 'in doubt' | 'certain'
}

/** One message as the server showed it. */
export interface Seen {
  id: string
  label: string
}

export class Model {
  readonly batches = new Map<string, SentBatch>()
  /** Batches by pair of recipient and sender. */
  readonly #byPair = new Map<string, SentBatch[]>()
  readonly rooms = new RoomModel(this.batches)
  readonly accounts = new Set<string>()
  readonly accountsInDoubt = new Set<string>()
  /** The newest certain mark of each pair, and the marks in doubt after it. */
  readonly #marks = new Map<string, { certain: string; inDoubt: string[] }>()
  /** Ids that were shown before, by pair and label: they may never change. */
  readonly #ids = new Map<string, string>()

  /** Notes a batch that is about to be sent. */
  send(batch: SentBatch): void {
    this.batches.set(batch.label, batch)
    for (const recipient of batch.recipients) {
      const key = pairKey(recipient, batch.sender)
      const batches = this.#byPair.get(key)
      if (batches === undefined) this.#byPair.set(key, [batch])
      else batches.push(batch)
    }
  }

  get doubtful(): SentBatch[] {
    return [...this.batches.values()].filter(({ state }) => state === 'in doubt')
  }

  /** Notes a mark that was asked for. */
  mark({ reader, peer, upTo, state }: SentMark): void {
    const key = pairKey(reader, peer)
    const marks = this.#marks.get(key) ?? { certain: '', inDoubt: [] }
    if (state === 'in doubt') marks.inDoubt.push(upTo)
    else if (upTo > marks.certain) marks.certain = upTo
    this.#marks.set(key, marks)
  }

  /** Compares one side of a conversation with what must be true; returns what is wrong. */
  check(reader: string, peer: string, seen: readonly Seen[], unread: number): string[] {
    const wrong: string[] = []
    const say = (text: string) => wrong.push(`${reader} with ${peer}: ${text}`)
    const labels = seen.map(({ label }) => label)
    if (new Set(labels).size !== labels.length) say('a copy stands there twice')
    for (let i = 1; i < seen.length; i += 1) {
      if (seen[i]!.id <= seen[i - 1]!.id) say(`${seen[i]!.id} stands after ${seen[i - 1]!.id}`)
    }
    const present = new Set(labels)
    for (const { label, state } of this.#byPair.get(pairKey(reader, peer)) ?? []) {
      if (state === 'certain' && !present.has(label)) {
        say(`${label} was acknowledged and is missing`)
      }
    }
    for (const { id, label } of seen) {
      const batch = this.batches.get(label)
      if (batch === undefined || !batch.recipients.includes(reader)) {
        say(`nobody sent ${label}`)
        continue
      }
      const key = `${reader} ${label}`
      const before = this.#ids.get(key)
      if (before !== undefined && before !== id) say(`${label} had the id ${before} and has ${id}`)
      this.#ids.set(key, id)
    }
    const allowed = this.#unreadAllowed(reader, peer, seen)
    if (!allowed.includes(unread)) say(`unread is ${unread}, and should be ${allowed.join(' or ')}`)
    return wrong
  }

  #unreadAllowed(reader: string, peer: string, seen: readonly Seen[]): number[] {
    const { certain, inDoubt } = this.#marks.get(pairKey(reader, peer)) ?? {
      certain: '',
      inDoubt: [],
    }
    const marks = [certain, ...inDoubt.filter((mark) => mark > certain)]
    const counted = seen.filter(({ label }) => this.batches.get(label)?.counted)
    return marks.map((mark) => counted.filter(({ id }) => id > mark).length)
  }
}

function pairKey(reader: string, peer: string): string {
  return `${reader} ${peer}`
}
