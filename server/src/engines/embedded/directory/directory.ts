/**
 * The embedded engine's directory: ids and numbers in memory, the rest of an
 * account in an SQLite file that is a view of the journal.
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
import { ACCOUNT_ID_BYTES_MAX, NOBODY } from '../../../domain/account.ts'
import { PLACE_STEP, type Place } from '../../../domain/place.ts'
import type { AccountChange, Stored } from '../../../domain/record.ts'
import type { Directory } from '../../directory.ts'
import { isDamage, moveAside, openDatabase } from './database.ts'
import { loadIds } from './load.ts'
import { sealOfId } from './seals.ts'
import { type Change, openView, type ViewOptions } from './view.ts'

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

const REVOCATIONS_MAX = 10_000

async function open(file: string, options: DirectoryOptions): Promise<EmbeddedDirectory> {
  const database = openDatabase(file)
  const ids = await loadIds(database).catch((error: unknown) => {
    database.close()
    throw error
  })
  const view = openView(database, {
    ...options,
    onDamage: (text) => options.onDamage(`${file}: ${text}; the next start makes it again`),
  })
  ids.reserve(view.nextNumber - 1)
  let last: Place = view.place - PLACE_STEP
  /** As far as it was asked: every call of a door asks for its caller. */
  const revocations = new Map<number, number>()
  const idBytes = Buffer.allocUnsafeSlow(3 * ACCOUNT_ID_BYTES_MAX)

  function changesOf({ record }: Stored): Change[] {
    if (record.type === 'accounts') return record.accounts.map(settle)
    if (record.type !== 'revoked' || !ids.has(record.account)) return []
    return [{ type: 'revoked', number: record.account, second: record.second }]
  }

  /**
   * Numbers are never given twice. Of an account whose own record was lost to damage, others still
   * speak: its number has been given too.
   */
  function reserveNumbers({ record }: Stored): void {
    if (record.type === 'batch') {
      ids.reserve(record.sender)
      ids.reserve(greatest(record.recipients))
    } else if (record.type === 'delivered') {
      ids.reserve(greatest(record.accounts))
    } else if (record.type === 'read') {
      ids.reserve(Math.max(record.reader, record.peer))
    } else if (record.type === 'revoked') {
      ids.reserve(record.account)
    }
  }

  /** Numbers and ids are for ever: for an account that exists only the profile changes. */
  function settle({ number, id, nick, avatarUrl }: AccountChange): Change {
    ids.reserve(number)
    const known = ids.has(number) ? number : ids.findId(id)
    if (known !== NOBODY) return { type: 'profile', number: known, nick, avatarUrl }
    const length = idBytes.write(id)
    ids.add(number, idBytes, 0, length)
    const idSeal = sealOfId(number, idBytes, 0, length)
    return { type: 'account', number, id, idSeal, nick: nick ?? '', avatarUrl: avatarUrl ?? '' }
  }

  return {
    get place() {
      return view.place
    },
    get count() {
      return ids.count
    },
    get nextNumber() {
      return ids.nextNumber
    },
    get idBytes() {
      return ids.bytes
    },

    apply(stored: Stored) {
      if (stored.place <= last) return
      last = stored.place
      if (stored.record.type === 'revoked') revocations.delete(stored.record.account)
      reserveNumbers(stored)
      const changes = changesOf(stored)
      if (changes.length > 0) view.apply(changes)
      view.reached(last + PLACE_STEP, ids.nextNumber)
    },

    number: (id) => ids.findId(id),
    numbersAt: (bytes, ranges, count, into) => ids.findAll(bytes, ranges, count, into),
    id: (number) => ids.id(number),
    profiles: (numbers) =>
      numbers
        .filter((number) => ids.has(number))
        .map((number) => {
          const { nick, avatarUrl } = view.row(number)
          return { id: ids.id(number), nick, avatarUrl }
        }),
    revokedAt(number) {
      const known = revocations.get(number)
      if (known !== undefined) return known
      const second = ids.has(number) ? view.row(number).revokedAt : 0
      if (revocations.size >= REVOCATIONS_MAX) revocations.clear()
      revocations.set(number, second)
      return second
    },

    flush: () => view.flush(),
    async close() {
      view.close()
    },
  }
}

function greatest(numbers: Uint32Array): number {
  let greatest = NOBODY
  for (let i = 0; i < numbers.length; i += 1) if (numbers[i]! > greatest) greatest = numbers[i]!
  return greatest
}
