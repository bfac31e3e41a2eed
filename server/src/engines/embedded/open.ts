/**
 * Opens the embedded engine: one folder, and nothing to install.
 *
 *   lock ─▶ rebuild? ─▶ directory ─▶ journal ─▶ index ─▶ catch up ─▶ open ─▶ closed
 *
 *   lock       a folder that another server has is refused at once
 *   rebuild?   a file of this name says that nothing derived can be trusted: it is removed
 *   directory  says how far it has seen the journal, as does the index; damaged, each begins anew
 *   journal    must reach as far as both have seen it: else something that was durable is gone, and
 *              the start is refused. A torn tail, which nobody was told of, is cut
 *   catch up   both apply what they have not seen; between two groups others have the thread
 *
 * Only the journal is the truth. Whatever happens to the rest costs time, never
 * data. docs/formats/folder.md says what is where.
 */
import { existsSync, statfsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Place } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import { ExitError } from '../../lib/exit-codes.ts'
import type { Log } from '../../lib/log.ts'
import type { Engines } from '../engines.ts'
import { type EmbeddedDirectory, openDirectory } from './directory/directory.ts'
import {
  createFolder,
  type Folder,
  folderAt,
  mustRebuild,
  placeSeenByIndex,
  removeDerived,
} from './folder.ts'
import { CheckpointFiles } from './index/checkpoint-files.ts'
import { type EmbeddedIndex, openIndex } from './index/open-index.ts'
import { DamagedJournal } from './journal/damage.ts'
import { type EmbeddedJournal, type JournalOptions, openJournal } from './journal/journal.ts'
import { lockFolder } from './lock.ts'

export interface EmbeddedOptions {
  folder: string
  /** Size at which the journal begins its next file. */
  segmentBytes: number
  /** Entries between two checkpoints of the index. */
  checkpointEntries: number
  log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Something stored is not what was written; the log has the details. */
  onDamage?: (where: 'journal' | 'index' | 'directory') => void
  /** The journal can go on no longer: nobody may be told anything any more. */
  onFatal: (error: unknown) => void
  onSync?: JournalOptions['onSync']
  now?: () => number
}

/** What opening had to do. */
export interface Opened {
  /** Bytes of a torn tail that were cut off the journal. */
  cutBytes: number
  /** Records that were read again, and from where on. */
  replayedFrom: Place
  replayed: number
  /** What had to be made again from the beginning. */
  rebuilt: ('index' | 'directory')[]
  ms: number
}

export interface EmbeddedEngines extends Engines {
  readonly journal: EmbeddedJournal
  readonly index: EmbeddedIndex
  readonly directory: EmbeddedDirectory
  readonly opened: Opened
}

export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedEngines> {
  const folder = folderAt(options.folder)
  createFolder(folder.root)
  try {
    return await openOrClose(folder, options)
  } catch (error) {
    // The index met damage while it caught up: the second time it begins from nothing.
    if (!mustRebuildIndex(folder)) throw explained(error, folder)
    return openOrClose(folder, options).catch((again: unknown) => {
      throw explained(again, folder)
    })
  }
}

function mustRebuildIndex({ index }: Folder): boolean {
  return (
    existsSync(index) && statSync(index).isDirectory() && new CheckpointFiles(index).mustRebuild
  )
}

/** What the system says about the folder is for its operator, without a stack; the rest is a fault of ours. */
function explained(error: unknown, { root }: Folder): unknown {
  if (error instanceof ExitError || !(error instanceof Error)) return error
  if (error instanceof DamagedJournal) return new ExitError('ioError', error.message, error)
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || !/^(E(?!RR_)|SQLITE_)/.test(code)) return error
  const exit = /^(EIO|SQLITE_IOERR)/.test(code) ? 'ioError' : 'cannotCreate'
  return new ExitError(exit, `the data folder ${resolve(root)} cannot be used: ${message}`, error)
}

async function openOrClose(folder: Folder, options: EmbeddedOptions): Promise<EmbeddedEngines> {
  const closers: (() => unknown)[] = []
  try {
    return await open(folder, options, closers)
  } catch (error) {
    for (const close of closers.reverse()) await close()
    throw error
  }
}

/** What is opened before an error comes is handed over to be closed. */
async function open(
  folder: Folder,
  options: EmbeddedOptions,
  closers: (() => unknown)[],
): Promise<EmbeddedEngines> {
  const start = performance.now()
  const { log, onDamage = () => {}, onFatal, onSync, now } = options
  const lock = lockFolder(folder.root)
  closers.push(lock.release)

  const isDemanded = mustRebuild(folder)
  if (isDemanded) removeDerived(folder)

  const directory = await openDirectory({
    folder: folder.root,
    onDamage(text) {
      log.error({ damage: text }, 'the directory is damaged')
      onDamage('directory')
    },
    onFatal,
    onFull(isFull) {
      if (isFull) log.warn('the disk is full: the directory waits in memory')
      else log.info('the directory is written again')
    },
  })
  closers.push(() => directory.close())

  const journal = await openJournal({
    folder: folder.journal,
    segmentBytes: options.segmentBytes,
    knownDurable: Math.max(directory.place, await placeSeenByIndex(folder)),
    onFatal,
    onDamage(place, detail) {
      log.error({ place, detail }, 'a record of the journal is damaged')
      onDamage('journal')
    },
    ...(onSync && { onSync }),
    ...(now && { now }),
  })
  closers.push(() => journal.close())

  let isOpen = false
  let isWorn = false
  const index = await openIndex({
    folder: folder.index,
    checkpointEntries: options.checkpointEntries,
    journalEnd: journal.end,
    onDamage(fault) {
      log.error({ err: fault }, 'the index is damaged')
      onDamage('index')
      // What a question met, the next one would meet again after a start that does not read it.
      if (isOpen && !isWorn) new CheckpointFiles(folder.index).demandRebuild(fault.message)
      isWorn = isOpen
    },
    onCheckpointFailed: (error) => log.warn({ err: error }, 'a checkpoint of the index failed'),
  })
  closers.push(() => index.close())

  const rebuilt: Opened['rebuilt'] = []
  const replayedFrom = Math.min(index.place, directory.place)
  if (index.place === 0) rebuilt.push('index')
  if (directory.place === 0) rebuilt.push('directory')
  const replayed = await catchUp(replayedFrom, journal, [directory, index])
  isOpen = true
  const { cutBytes } = journal.opened
  const ms = Math.round(performance.now() - start)
  // A new folder has nothing to be made again.
  const opened = { cutBytes, replayedFrom, replayed, rebuilt: replayed > 0 ? rebuilt : [], ms }
  const { count } = directory
  log.info({ ...opened, accounts: count, copies: index.size().copies }, 'the data folder is open')

  let closing: Promise<void> | null = null
  return {
    journal,
    index,
    directory,
    opened,
    bytesFree: bytesFreeIn(folder.root),
    close: () => (closing ??= close()),
  }

  async function close(): Promise<void> {
    await journal.close()
    await index.checkpoint().catch((error: unknown) => {
      log.warn({ err: error }, 'the last checkpoint failed: the next start replays more')
    })
    await index.close()
    await directory.close()
    lock.release()
  }
}

/** Applies every record from a place on, and says how many. Others get the thread now and then. */
async function catchUp(
  from: Place,
  journal: EmbeddedJournal,
  followers: readonly { apply(stored: Stored): void }[],
): Promise<number> {
  let replayed = 0
  let turnEndsAt = performance.now() + TURN_MS
  for await (const group of journal.replay(from)) {
    for (const stored of group) {
      for (const follower of followers) follower.apply(stored)
      if (performance.now() < turnEndsAt) continue
      await turn()
      turnEndsAt = performance.now() + TURN_MS
    }
    replayed += group.length
  }
  return replayed
}

const TURN_MS = 10

/** Asked for every call, and answered by the system once a second. */
const BYTES_FREE_FOR_MS = 1000

function bytesFreeIn(folder: string): () => number {
  let askedAt = Number.NEGATIVE_INFINITY
  let bytesFree = 0
  return () => {
    const now = performance.now()
    if (now - askedAt >= BYTES_FREE_FOR_MS) {
      askedAt = now
      const { bavail, bsize } = statfsSync(folder)
      bytesFree = bavail * bsize
    }
    return bytesFree
  }
}
