import type { SentBatch } from './model.ts'

/** A message of a group as the server showed it. */
export interface SeenInRoom {
  id: string
  label: string
  isRecalled: boolean
}

/** What the server says about a member. */
export interface Member {
  id: string
  badge: number
}

/**
 * What must be true of groups after a crash: their messages are there once,
 * and every member's badge is the number of messages after its mark, less those recalled.
 */
export class RoomModel {
  readonly members = new Map<string, string[]>()
  readonly #batches: ReadonlyMap<string, SentBatch>
  readonly #ids = new Map<string, string>()
  readonly #labels = new Map<string, string>()
  /** Of each member in each room: the newest certain mark, and those in doubt. */
  readonly #marks = new Map<string, { certain: string; inDoubt: string[] }>()
  readonly #recalls = new Map<string, 'in doubt' | 'certain'>()

  constructor(batches: ReadonlyMap<string, SentBatch>) {
    this.#batches = batches
  }

  mark(room: string, member: string, upTo: string, state: 'in doubt' | 'certain'): void {
    const key = `${room} ${member}`
    const marks = this.#marks.get(key) ?? { certain: '', inDoubt: [] }
    if (state === 'in doubt') marks.inDoubt.push(upTo)
    else if (upTo > marks.certain) marks.certain = upTo
    this.#marks.set(key, marks)
  }

  /** Notes a recall that was asked for. `label` is what the message says before it. */
  recall(id: string, label: string, state: 'in doubt' | 'certain'): void {
    this.#labels.set(id, label)
    this.#recalls.set(id, state)
  }

  /** Compares a room with what must be true; returns what is wrong. `seen` is from old to new. */
  check(room: string, seen: readonly SeenInRoom[], members: readonly Member[]): string[] {
    const wrong: string[] = []
    const say = (text: string) => wrong.push(`room ${room}: ${text}`)
    for (let i = 1; i < seen.length; i += 1) {
      if (seen[i]!.id <= seen[i - 1]!.id) say(`${seen[i]!.id} stands after ${seen[i - 1]!.id}`)
    }
    for (const message of seen) this.#checkMessage(room, message, say)
    const present = new Set(seen.map(({ id }) => this.#labels.get(id)))
    if (present.size !== seen.length) say('a copy stands there twice')
    for (const { label, state, rooms } of this.#batches.values()) {
      if (state === 'certain' && rooms.includes(room) && !present.has(label)) {
        say(`${label} was acknowledged and is missing`)
      }
    }
    const expected = this.members.get(room) ?? []
    if (members.map(({ id }) => id).join() !== expected.join()) {
      say(`its members are ${members.map(({ id }) => id)}, and should be ${expected}`)
    }
    for (const { id, badge } of members) {
      const allowed = this.#badgesAllowed(room, id, seen)
      if (!allowed.includes(badge)) {
        say(`the badge of ${id} is ${badge}, and should be ${allowed.join(' or ')}`)
      }
    }
    return wrong
  }

  /** A recalled message has no label of its own any more: it has the one that its id had. */
  #checkMessage(room: string, { id, label, isRecalled }: SeenInRoom, say: (text: string) => void) {
    if (isRecalled) {
      if (!this.#recalls.has(id)) say(`${id} is recalled, and nobody asked for that`)
      return
    }
    if (this.#recalls.get(id) === 'certain') say(`${id} was recalled and says ${label}`)
    if (!this.#batches.get(label)?.rooms.includes(room)) say(`nobody sent ${label}`)
    const key = `${room} ${label}`
    const before = this.#ids.get(key)
    if (before !== undefined && before !== id) say(`${label} had the id ${before} and has ${id}`)
    this.#ids.set(key, id)
    this.#labels.set(id, label)
  }

  #badgesAllowed(room: string, member: string, seen: readonly SeenInRoom[]): number[] {
    const known = this.#marks.get(`${room} ${member}`) ?? { certain: '', inDoubt: [] }
    const marks = [known.certain, ...known.inDoubt.filter((mark) => mark > known.certain)]
    const counted = seen.filter(({ isRecalled }) => !isRecalled)
    return marks.map((mark) => counted.filter(({ id }) => id > mark).length)
  }
}
