/**
 * The directory's transaction. Changes go into it one record at a time and are
 * committed together with the place they bring the file to:
 *
 *   idle ──apply──▶ open ──commit──▶ idle
 *                    │ ▲
 *      disk is full  ▼ │  written again, in a new transaction
 *                   full ──commit, once a second──▶ idle
 *
 * A commit comes after CHANGES_MAX changes or COMMIT_AFTER_MS, whichever is
 * first, and on flush and close. Until then a crash loses the transaction as a
 * whole, and the journal brings it back.
 *
 * A full disk harms nobody here: SQLite gives up the transaction, what was in
 * it is still at hand, and questions are answered as before. How much can wait
 * is limited by the journal, which takes no more on a full disk.
 *
 * A row that does not match its seal is never given out. The file is then
 * marked, so that the next start makes it again.
 */
import type { Database } from 'better-sqlite3'
import { Fault } from '../../../domain/errors.ts'
import type { Place } from '../../../domain/place.ts'
import {
  DirectoryDamage,
  type FileState,
  isDamage,
  isDiskFull,
  type Meta,
  readMeta,
  writeMeta,
} from './database.ts'
import { sealOf } from './seals.ts'

/** Two records of the largest size. A commit of so many takes some milliseconds. */
const CHANGES_MAX = 8192
const COMMIT_AFTER_MS = 1000

/** Rows that go into one statement: 16 at a time are written about twice as fast as one. */
const ROWS_A_STATEMENT = 16

/** A change of one account, whose number is settled. */
export type Change = NewAccount | NewProfile | NewRevocation

interface NewAccount {
  type: 'account'
  number: number
  id: string
  idSeal: number
  nick: string
  avatarUrl: string
}

interface NewProfile {
  type: 'profile'
  number: number
  /** null: as before. */
  nick: string | null
  avatarUrl: string | null
}

interface NewRevocation {
  type: 'revoked'
  number: number
  second: number
}

/** What a row says beside the id. */
interface Row {
  nick: string
  avatarUrl: string
  revokedAt: number
}

export interface ViewOptions {
  onDamage: (text: string) => void
  onFatal: (error: Error) => void
  onFull?: (isFull: boolean) => void
}

export type View = ReturnType<typeof openView>

export function openView(database: Database, options: ViewOptions) {
  const rows = openRows(database)
  const transaction = {
    begin: database.prepare('begin'),
    commit: database.prepare('commit'),
    rollback: database.prepare('rollback'),
  }
  const meta = readMeta(database)
  let committed = meta.place
  let reached = committed
  let nextNumber = meta.next
  let waiting: Change[] = []
  let state: FileState = 'open'
  let isFull = false
  let timer: NodeJS.Timeout | null = null

  function begin(): void {
    if (!database.inTransaction) transaction.begin.run()
  }

  function commit(): void {
    stopTimer()
    if (reached === committed) return
    try {
      begin()
      writeMeta(database, { place: reached, next: nextNumber, state })
      transaction.commit.run()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      writeAgain()
      return
    }
    committed = reached
    waiting = []
    setFull(false)
  }

  /** The transaction is lost, or is given up here: all that was in it goes into another. */
  function writeAgain(): void {
    if (database.inTransaction) transaction.rollback.run()
    begin()
    rows.write(waiting)
    setFull(true)
    startTimer()
  }

  function setFull(full: boolean): void {
    if (full !== isFull) options.onFull?.(full)
    isFull = full
  }

  function startTimer(): void {
    timer ??= setTimeout(commitInTime, COMMIT_AFTER_MS).unref()
  }

  function stopTimer(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }

  function commitInTime(): void {
    try {
      commit()
    } catch (error) {
      options.onFatal(error as Error)
    }
  }

  /** Whoever asked gets the error; the next start gets a new file. */
  function watch<Answer>(ask: () => Answer): Answer {
    try {
      return ask()
    } catch (error) {
      if (isDamage(error) && state === 'open') {
        options.onDamage(error.message)
        markDamaged()
      }
      throw error
    }
  }

  /** At once, for the process may be about to end. What is committed with it does not matter any more. */
  function markDamaged(): void {
    state = 'damaged'
    try {
      begin()
      writeMeta(database, metaNow())
      transaction.commit.run()
      waiting = []
    } catch (error) {
      if (isDiskFull(error)) writeAgain()
      // Else so badly damaged that the next start will see it by itself.
      else if (!isDamage(error)) throw error
    }
  }

  function metaNow(): Meta {
    return { place: committed, next: nextNumber, state }
  }

  return {
    /** Everything before this place is in the file. */
    get place(): Place {
      return committed
    },

    get nextNumber(): number {
      return nextNumber
    },

    apply(changes: readonly Change[]): void {
      begin()
      watch(() => rows.write(changes))
      for (const change of changes) waiting.push(change)
    },

    /** All changes before this place have been applied; the next new account gets `next`. */
    reached(place: Place, next: number): void {
      reached = place
      nextNumber = next
      if (waiting.length >= CHANGES_MAX && !isFull) commit()
      else startTimer()
    },

    /** What the row of an account says that exists. */
    row: (number: number): Row => watch(() => rows.read(number)),

    /** Throws when the disk is full: nothing is lost by that, see above. */
    flush(): void {
      commit()
      if (reached !== committed) throw new Fault('diskFull', 'the directory cannot be written')
    },

    close(): void {
      try {
        commit()
        if (reached !== committed) transaction.rollback.run()
        else if (state === 'open') writeMeta(database, { ...metaNow(), state: 'closed' })
      } catch (error) {
        // Without the word the next start checks the file, which is all that it costs.
        if (!isDiskFull(error)) throw error
      } finally {
        stopTimer()
        database.close()
      }
    },
  }
}

function openRows(database: Database) {
  // Most imports name no profile, and each value that is bound costs a tenth of the row.
  const plain = openInsert(database, 4, `(?, ?, ?, '', '', 0, ?)`)
  const full = openInsert(database, 6, '(?, ?, ?, ?, ?, 0, ?)')
  const update = database.prepare<[string, string, number, number, number]>(
    `update account set nick = ?, avatar_url = ?, revoked_at = ?, profile_seal = ?
      where number = ?`,
  )
  const select = database
    .prepare<[number], [string, string, number, number]>(
      'select nick, avatar_url, revoked_at, profile_seal from account where number = ?',
    )
    .raw()

  function read(number: number): Row {
    const row = select.get(number)
    if (row === undefined) throw new DirectoryDamage(`the row of account ${number} is missing`)
    const [nick, avatarUrl, revokedAt, seal] = row
    if (seal !== sealOf(number, nick, avatarUrl, revokedAt)) {
      throw new DirectoryDamage(`the row of account ${number} does not match its seal`)
    }
    return { nick, avatarUrl, revokedAt }
  }

  function change(change: NewProfile | NewRevocation): void {
    const { number } = change
    let { nick, avatarUrl, revokedAt } = read(number)
    if (change.type === 'revoked') {
      revokedAt = Math.max(revokedAt, change.second)
    } else {
      nick = change.nick ?? nick
      avatarUrl = change.avatarUrl ?? avatarUrl
    }
    update.run(nick, avatarUrl, revokedAt, sealOf(number, nick, avatarUrl, revokedAt), number)
  }

  return {
    read,
    /** New accounts are collected, until one of another kind comes: it may be about one of them. */
    write(changes: readonly Change[]): void {
      for (const one of changes) {
        if (one.type !== 'account') {
          plain.finish()
          full.finish()
          change(one)
          continue
        }
        const { number, id, idSeal, nick, avatarUrl } = one
        const seal = sealOf(number, nick, avatarUrl, 0)
        if (nick === '' && avatarUrl === '') plain.add(number, id, idSeal, seal)
        else full.add(number, id, idSeal, nick, avatarUrl, seal)
      }
      plain.finish()
      full.finish()
    },
  }
}

/** Inserts rows of so many values, 16 with one statement while there are as many. */
function openInsert(database: Database, width: number, row: string) {
  const insert = (rows: number) =>
    database.prepare<[(number | string)[]]>(
      `insert into account (number, id, id_seal, nick, avatar_url, revoked_at, profile_seal)
       values ${Array(rows).fill(row).join(', ')}`,
    )
  const one = insert(1)
  const many = insert(ROWS_A_STATEMENT)
  const values: (number | string)[] = []

  return {
    add(...rowValues: (number | string)[]): void {
      for (const value of rowValues) values.push(value)
      if (values.length < width * ROWS_A_STATEMENT) return
      many.run(values.splice(0))
    },

    /** Inserts what has been added and not inserted yet. */
    finish(): void {
      while (values.length > 0) one.run(values.splice(0, width))
    },
  }
}
