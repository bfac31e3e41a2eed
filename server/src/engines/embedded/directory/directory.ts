/**
 * The embedded engine's directory: ids and numbers of accounts in memory, all
 * the rest in an SQLite file that is a view of the journal.
 *
 *   record ──▶ ids (memory, at once) ──▶ view (SQLite transaction, committed with its place)
 *
 *   opening    the file is checked and the ids are loaded from it; `place` says from where on the
 *              journal has to be replayed. A damaged file is moved aside, and replay starts from 0
 *   open       records are applied in order
 *   closed     everything is committed, and the file says that it was closed in order
 *
 * Promises:
 *
 *   1. The file reflects exactly the records before the place that stands in it.
 *   2. Nothing in it is the truth: it may be deleted while the server is stopped.
 *   3. A question sees every record that was applied, committed or not.
 *   4. Damage met while opening costs a replay, and is reported. Damage met later throws: what a
 *      broken file says about accounts must not be believed, and the next start makes it again.
 */
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import type { Profile } from '../../../domain/account.ts'
import { PLACE_STEP, type Place } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import type { Directory } from '../../directory.ts'
import { findBarriers } from './barriers.ts'
import { openChanges } from './changes.ts'
import { isDamage, moveAside, openDatabase } from './database.ts'
import type { IdTable } from './id-table.ts'
import { loadIds } from './load.ts'
import { Numbers } from './numbers.ts'
import { openView, type View, type ViewOptions } from './view.ts'

export const DIRECTORY_FILE = 'directory.sqlite'

export interface DirectoryOptions extends ViewOptions {
  folder: string
  /** The file is damaged. While opening, it is moved to where the text says. */
  onDamage: (text: string) => void
  /** A commit in the background failed. */
  onFatal: (error: Error) => void
  /** The disk is full: changes wait in memory (true); they are written again (false). */
  onFull?: (isFull: boolean) => void
}

export interface EmbeddedDirectory extends Directory {
  /** What the ids take in memory. */
  readonly idBytes: number
}

export async function openDirectory(options: DirectoryOptions): Promise<EmbeddedDirectory> {
  const file = join(options.folder, DIRECTORY_FILE)
  try {
    return await open(file, options)
  } catch (error) {
    if (!isDamage(error)) throw error
    const movedTo = moveAside(file)
    options.onDamage(`${file}: ${error.message}; moved to ${movedTo}, rebuilt from the journal`)
    return open(file, options)
  }
}

async function open(file: string, options: DirectoryOptions): Promise<EmbeddedDirectory> {
  const { ids, view } = await load(openDatabase(file), {
    ...options,
    onDamage: (text) => options.onDamage(`${file}: ${text}; the next start makes it again`),
  })
  const numbers = new Numbers(ids, view.next)
  const changesOf = openChanges(ids)
  let last: Place = view.place - PLACE_STEP
  let descriptions = 0

  const row = (number: number) => view.ask(({ accounts }) => accounts.read(number))

  function profile(number: number): Profile {
    const { revokedAt, ...said } = row(number)
    return { id: ids.id(number), ...said }
  }

  return {
    get place() {
      return view.place
    },
    get count() {
      return ids.count
    },
    get nextNumber() {
      return numbers.next
    },
    get nextGroup() {
      return numbers.nextGroup
    },
    get idBytes() {
      return ids.bytes
    },

    apply(stored: Stored) {
      if (stored.place <= last) return
      last = stored.place
      if (stored.record.type === 'conversation' && stored.record.description) descriptions += 1
      numbers.reserve(stored.record)
      const changes = changesOf(stored)
      if (changes.length > 0) view.apply(changes)
      const { next, nextGroup } = numbers
      view.reached({ place: last + PLACE_STEP, next, nextGroup })
    },

    number: (id) => ids.findId(id),
    numbersAt: (bytes, ranges, count, into) => ids.findAll(bytes, ranges, count, into),
    id: (number) => ids.id(number),
    profiles: (numbers) =>
      numbers.filter((number) => ids.has(number)).map((number) => profile(number)),
    revokedAt: (number) => (ids.has(number) ? row(number).revokedAt : 0),

    get descriptions() {
      return descriptions
    },
    described: (key) => view.ask(({ conversations }) => conversations.described(key)),
    conversation: (id) => view.ask(({ conversations }) => conversations.find(id)),
    describedPairs: (account) => view.ask(({ conversations }) => conversations.pairsOf(account)),
    blockedBy: (account) => view.ask(({ blocks }) => blocks.by(account)),
    isBlocked: (blocker, blocked) => view.ask(({ blocks }) => blocks.has(blocker, blocked)),
    barriers: (account, others, into) =>
      view.ask((tables) => findBarriers(tables, account, others, into)),
    token: (token) => view.ask(({ tokens }) => tokens.find(token)),
    tokensOf: (account) => view.ask(({ tokens }) => tokens.of(account)),
    overlays: (positions) =>
      view.ask(({ overlays }) => positions.map((position) => overlays.find(position))),
    keyed: (key) => view.ask(({ batches }) => batches.keyed(key)),
    devices: (account) => view.ask(({ devices }) => devices.of(account)),
    device: (way, id) => view.ask(({ devices }) => devices.find(way, id)),
    get deviceCount() {
      return view.ask(({ devices }) => devices.count)
    },
    hasDevice: (account) => view.ask(({ devices }) => devices.has(account)),
    pushedUpTo: (way) => view.ask(({ outcomes }) => outcomes.upTo(way)),
    outcomesOf: (place) => view.ask(({ outcomes }) => outcomes.of(place)),
    parts: (head) => view.ask(({ batches }) => batches.parts(head)),

    flush: () => view.flush(),
    async close() {
      view.close()
    },
  }
}

async function load(
  database: Database,
  options: ViewOptions,
): Promise<{ ids: IdTable; view: View }> {
  try {
    return { ids: await loadIds(database), view: openView(database, options) }
  } catch (error) {
    database.close()
    throw error
  }
}
