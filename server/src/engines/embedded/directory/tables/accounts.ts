import type { Database } from 'better-sqlite3'
import type { Profile } from '../../../../domain/account.ts'
import { Generations } from '../../../../lib/generations.ts'
import { brokenRow, DirectoryDamage } from '../database.ts'
import { sealOf } from '../seals.ts'
import { openInsert } from './insert.ts'

/** A change of one account, whose number is settled. */
export type AccountRowChange = NewAccount | NewProfile | NewRevocation

interface NewAccount {
  type: 'account'
  number: number
  id: string
  idSeal: number
  nick: string
  avatarUrl: string
  attributes: string
  time: number
}

interface NewProfile {
  type: 'profile'
  number: number
  /** null: as before. */
  nick: string | null
  avatarUrl: string | null
  attributes: string | null
  time: number
}

interface NewRevocation {
  type: 'revoked'
  number: number
  second: number
}

/** What a row says beside the id. */
export interface AccountRow extends Omit<Profile, 'id'> {
  revokedAt: number
}

/**
 * Rows that were read lately: every call of a door asks for its caller, and every batch that is
 * delivered for its sender.
 */
const ROWS_BYTES_MAX = 8 * 1024 * 1024

/** What a row takes beside its texts. */
const ROW_BYTES = 300

export function openAccounts(database: Database) {
  const into = `insert into account (number, id, id_seal, nick, avatar_url, attributes, changed_at,
                                     revoked_at, profile_seal)`
  // Most imports name no profile, and each value that is bound costs a tenth of the row.
  const plain = openInsert(database, into, 5, `(?, ?, ?, '', '', '', ?, 0, ?)`)
  const full = openInsert(database, into, 8, '(?, ?, ?, ?, ?, ?, ?, 0, ?)')
  const update = database.prepare<[string, string, string, number, number, number, number]>(
    `update account set nick = ?, avatar_url = ?, attributes = ?, changed_at = ?, revoked_at = ?,
                        profile_seal = ?
      where number = ?`,
  )
  const select = database
    .prepare<[number], [string, string, string, number, number, number]>(
      `select nick, avatar_url, attributes, changed_at, revoked_at, profile_seal
         from account where number = ?`,
    )
    .raw()
  let rows = new Generations<number, AccountRow>(ROWS_BYTES_MAX)

  /** Of an account that exists. */
  function read(number: number): Readonly<AccountRow> {
    const known = rows.get(number)
    if (known !== undefined) return known
    const row = readRow(number)
    rows.add(number, row, weightOf(row))
    return row
  }

  function readRow(number: number): AccountRow {
    const row = select.get(number)
    if (row === undefined) throw new DirectoryDamage(`the row of account ${number} is missing`)
    const [nick, avatarUrl, attributes, changedAt, revokedAt, seal] = row
    if (seal !== sealOf(number, nick, avatarUrl, attributes, changedAt, revokedAt)) {
      throw brokenRow(`account ${number}`)
    }
    return { nick, avatarUrl, attributes, changedAt, revokedAt }
  }

  function insert(account: NewAccount): void {
    const { number, id, idSeal, nick, avatarUrl, attributes, time } = account
    const seal = sealOf(number, nick, avatarUrl, attributes, time, 0)
    const isPlain = nick === '' && avatarUrl === '' && attributes === ''
    if (isPlain) plain.add(number, id, idSeal, time, seal)
    else full.add(number, id, idSeal, nick, avatarUrl, attributes, time, seal)
  }

  function finish(): void {
    plain.finish()
    full.finish()
  }

  function change(change: NewProfile | NewRevocation): void {
    const { number } = change
    rows.forget(number)
    let { nick, avatarUrl, attributes, changedAt, revokedAt } = readRow(number)
    if (change.type === 'revoked') {
      revokedAt = Math.max(revokedAt, change.second)
    } else {
      nick = change.nick ?? nick
      avatarUrl = change.avatarUrl ?? avatarUrl
      attributes = change.attributes ?? attributes
      changedAt = change.time
    }
    const seal = sealOf(number, nick, avatarUrl, attributes, changedAt, revokedAt)
    update.run(nick, avatarUrl, attributes, changedAt, revokedAt, seal, number)
  }

  return {
    read,
    /** New accounts are collected, until one of another kind comes: it may be about one of them. */
    write(one: AccountRowChange): void {
      if (one.type === 'account') {
        insert(one)
        return
      }
      finish()
      change(one)
    },
    /** Inserts those that are still collected. */
    finish,
    /** See Tables. */
    rolledBack(): void {
      rows = new Generations(ROWS_BYTES_MAX)
    },
  }
}

/** About how much memory a row takes; texts are taken for two bytes a character. */
function weightOf({ nick, avatarUrl, attributes }: AccountRow): number {
  return ROW_BYTES + 2 * (nick.length + avatarUrl.length + attributes.length)
}
