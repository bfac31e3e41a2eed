import type { Database } from 'better-sqlite3'
import { ACCOUNT_ID_BYTES_MAX } from '../../../../domain/account.ts'
import type { ConversationKey } from '../../../../domain/peer.ts'
import type { Description } from '../../../../domain/record.ts'
import type { Described } from '../../../directory.ts'
import { brokenRow } from '../database.ts'
import { sealOf } from '../seals.ts'
import { hashOfPair, hashOfText, Sieve } from './sieve.ts'

export interface ConversationDescribed {
  type: 'described'
  conversation: ConversationKey
  description: Description
  time: number
}

type Row = [
  number: number,
  first: number,
  second: number,
  id: string,
  owner: number,
  isFrozen: number,
  attributes: string,
  createdAt: number,
  changedAt: number,
  seal: number,
]

const IS_FROZEN = 5

const columns =
  'number, first, second, id, owner, is_frozen, attributes, created_at, changed_at, seal'

/** Most pairs have no description, and most ids that are asked for are those of such pairs. */
export function openConversations(database: Database) {
  const select = (where: string) =>
    database.prepare<(number | string)[], Row>(`select ${columns} from conversation ${where}`).raw()
  const byKey = select('where first = ? and second = ?')
  const byId = select('where id = ?')
  const pairsOf = select('where (first = ? or second = ?) and second > 0 order by number')
  const insert = database.prepare(
    `insert into conversation (${columns}) values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = database.prepare(
    `update conversation set owner = ?, is_frozen = ?, attributes = ?, changed_at = ?, seal = ?
      where number = ?`,
  )
  const count = database.prepare('select count(*) from conversation').pluck().get() as number
  const keys = new Sieve(count)
  const ids = new Sieve(count)
  const known = database.prepare<[], [number, number, string]>(
    'select first, second, id from conversation',
  )
  for (const [first, second, id] of known.raw().iterate()) note(first, second, id)

  function note(first: number, second: number, id: string): void {
    keys.add(hashOfPair(first, second))
    ids.add(hashOfText(id))
  }

  function find(first: number, second: number): Row | undefined {
    return keys.mayHave(hashOfPair(first, second)) ? whole(byKey.get(first, second)) : undefined
  }

  function findId(id: string): Row | undefined {
    if (id.length > ACCOUNT_ID_BYTES_MAX || !ids.mayHave(hashOfText(id))) return undefined
    return whole(byId.get(id))
  }

  return {
    /** The id that a conversation was first given stays, and so does its conversation. */
    write({ conversation, description, time }: ConversationDescribed): void {
      const [first, second] = conversation
      const { owner, attributes } = description
      const isFrozen = description.isFrozen ? 1 : 0
      const known = find(first, second)
      if (known) {
        const [number, , , id, , , , createdAt] = known
        const seal = sealOf(first, second, id, owner, isFrozen, attributes, createdAt, time)
        update.run(owner, isFrozen, attributes, time, seal, number)
        return
      }
      const id = description.id.toWellFormed()
      if (findId(id)) return
      note(first, second, id)
      const seal = sealOf(first, second, id, owner, isFrozen, attributes, time, time)
      insert.run(first, second, id, owner, isFrozen, attributes, time, time, seal)
    },

    described([first, second]: ConversationKey): Described | null {
      const row = find(first, second)
      if (row === undefined) return null
      const [, , , id, owner, isFrozen, attributes, createdAt, changedAt] = row
      const description = { id, owner, isFrozen: isFrozen === 1, attributes }
      return { ...description, conversation: [first, second], createdAt, changedAt }
    },

    isFrozen(first: number, second: number): boolean {
      return find(first, second)?.[IS_FROZEN] === 1
    },

    find(id: string): ConversationKey | null {
      // A lone surrogate would be asked for as U+FFFD, and could match an id that has that character.
      const row = id.isWellFormed() ? findId(id) : undefined
      return row === undefined ? null : keyOf(row)
    },

    pairsOf: (account: number): ConversationKey[] =>
      pairsOf.all(account, account).map((row) => keyOf(whole(row)!)),
  }
}

const keyOf = ([, first, second]: Row): ConversationKey => [first, second]

function whole(row: Row | undefined): Row | undefined {
  if (row === undefined) return undefined
  const [, first, second, id, owner, isFrozen, attributes, createdAt, changedAt, seal] = row
  if (seal !== sealOf(first, second, id, owner, isFrozen, attributes, createdAt, changedAt)) {
    throw brokenRow(`conversation ${first}, ${second}`)
  }
  return row
}
