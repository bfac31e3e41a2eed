/**
 * The directory's transaction. Changes go into it one record at a time and are
 * committed together with the place they bring the file to:
 *
 *   idle ──apply──▶ open ──commit──▶ idle
 *                    │ ▲
 *      disk is full  ▼ │  written again, in a new transaction
 *                   full ──commit, once a second──▶ idle
 *
 * A commit comes after ROWS_MAX rows or COMMIT_AFTER_MS, whichever is
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
import { type FileState, isDamage, isDiskFull, type Meta, readMeta, writeMeta } from './database.ts'
import { type Change, openTables, rowsOf, type Tables } from './tables/tables.ts'

/** Two records of the largest size. A commit of so many takes some milliseconds. */
const ROWS_MAX = 8192
const COMMIT_AFTER_MS = 1000

/** How far the records have been applied, and which numbers come next. */
export type Reached = Omit<Meta, 'state'>

export interface ViewOptions {
  onDamage: (text: string) => void
  onFatal: (error: Error) => void
  onFull?: (isFull: boolean) => void
}

export type View = ReturnType<typeof openView>

export function openView(database: Database, options: ViewOptions) {
  const tables = openTables(database)
  const transaction = {
    begin: database.prepare('begin'),
    commit: database.prepare('commit'),
    rollback: database.prepare('rollback'),
  }
  const meta = readMeta(database)
  let committed = meta.place
  let reached: Reached = meta
  let waiting: Change[] = []
  let rowsWaiting = 0
  let state: FileState = 'open'
  let isFull = false
  let timer: NodeJS.Timeout | null = null

  function begin(): void {
    if (!database.inTransaction) transaction.begin.run()
  }

  function commit(): void {
    stopTimer()
    if (reached.place === committed) return
    try {
      begin()
      writeMeta(database, { ...reached, state })
      transaction.commit.run()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      writeAgain()
      return
    }
    committed = reached.place
    waiting = []
    rowsWaiting = 0
    setFull(false)
  }

  /** The transaction is lost, or is given up here: all that was in it goes into another. */
  function writeAgain(): void {
    if (database.inTransaction) transaction.rollback.run()
    tables.rolledBack()
    begin()
    tables.write(waiting)
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
      rowsWaiting = 0
    } catch (error) {
      if (isDiskFull(error)) writeAgain()
      // Else so badly damaged that the next start will see it by itself.
      else if (!isDamage(error)) throw error
    }
  }

  function metaNow(): Meta {
    return { ...reached, place: committed, state }
  }

  return {
    /** Everything before this place is in the file. */
    get place(): Place {
      return committed
    },

    /** What the file said about the next numbers when it was opened. */
    next: { next: meta.next, nextGroup: meta.nextGroup },

    apply(changes: readonly Change[]): void {
      begin()
      watch(() => tables.write(changes))
      for (const change of changes) {
        waiting.push(change)
        rowsWaiting += rowsOf(change)
      }
    },

    /** All changes before this place have been applied. */
    reached(now: Reached): void {
      reached = now
      if (rowsWaiting >= ROWS_MAX && !isFull) commit()
      else startTimer()
    },

    ask: <Answer>(question: (tables: Tables) => Answer): Answer => watch(() => question(tables)),

    /** Throws when the disk is full: nothing is lost by that, see above. */
    flush(): void {
      commit()
      if (reached.place !== committed)
        throw new Fault('diskFull', 'the directory cannot be written')
    },

    close(): void {
      try {
        commit()
        if (reached.place !== committed) transaction.rollback.run()
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
