/**
 * Finds the newest checkpoint that is whole, and makes an index of it.
 *
 *   rebuild demanded ───────────────────────────────▶ empty, from place 0
 *   newest whole? ──yes──▶ newer ones removed ──▶ blocks cut ──▶ chains, tables, totals made
 *        no│ (reported)
 *   older whole? ──yes──▶ the same
 *        no│ (reported)
 *          └────────────────────────────────────────▶ empty, from place 0
 *
 * A checkpoint is whole when its header, every slice and the file of blocks are what
 * the header says. Nothing is changed on disk before that is known. Then what is newer
 * is removed, durably, before the blocks that it named are cut away.
 */
import { randomInt } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import zlib from 'node:zlib'
import { Fault } from '../../../domain/errors.ts'
import type { Place } from '../../../domain/place.ts'
import { peerIn, sideIn } from './account-chain.ts'
import {
  ACCOUNT_CHUNK,
  ACCOUNT_CHUNK_BITS,
  AccountSlots,
  accountAt,
  LAST,
  LAST_PEER,
} from './account-slots.ts'
import { chainUp } from './apply-batch.ts'
import { changeTotals } from './apply-read.ts'
import { BlockFile } from './block-file.ts'
import { Breath } from './breath.ts'
import { SLICE_SLOTS } from './checkpoint.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { type CheckpointHeader, decodeHeader, hex } from './checkpoint-header.ts'
import {
  COUNT,
  ConversationSlots,
  FIRST_MEMBER,
  HIGHER,
  LOWER,
  wordAt,
} from './conversation-slots.ts'
import { Members } from './members.ts'
import { PairTable } from './pair-table.ts'
import { Recalls } from './recalls.ts'
import { newestIncoming } from './side.ts'
import { emptyState, type State } from './state.ts'
import { unreadOfSide } from './unread.ts'

export interface RestoreOptions {
  /** The place after the journal's last record; what reaches further is of another journal. */
  journalEnd: Place
  extentBlocks: number
  onDamage: (fault: Fault) => void
}

export async function restore(files: CheckpointFiles, options: RestoreOptions): Promise<State> {
  if (!files.mustRebuild) {
    for (const number of files.numbers()) {
      try {
        return await restoreFrom(files, number, options)
      } catch (error) {
        options.onDamage(asDamage(error, files.header(number)))
      }
    }
  }
  await files.clear()
  const blocks = BlockFile.create(files.blocks, randomInt(2 ** 32) | 0, options.extentBlocks)
  await files.sync()
  return emptyState(blocks)
}

async function restoreFrom(
  files: CheckpointFiles,
  number: number,
  { journalEnd, extentBlocks }: RestoreOptions,
): Promise<State> {
  const name = files.header(number)
  const header = decodeHeader(await readFile(name), name)
  if (header.reach >= journalEnd) {
    const end = `while the journal ends at ${journalEnd}`
    throw new Fault('damaged', `${name} reaches to place ${header.reach}, ${end}`)
  }
  const slots = await readSlots(files.slots(number), header)
  BlockFile.verify(files.blocks, header.blocksName, header.blocksEnd)
  await files.keepOnly(files.numbers().filter((other) => other <= number))
  const blocks = BlockFile.open(files.blocks, header.blocksName, header.blocksEnd, extentBlocks)
  const pairs = new PairTable(slots.conversations, header.conversations)
  const state = { ...emptyState(blocks), ...slots, pairs, applied: header.place }
  await derive(state)
  return state
}

async function readSlots(path: string, header: CheckpointHeader) {
  const conversations = new ConversationSlots()
  const accounts = new AccountSlots()
  const members = new Members(conversations)
  const recalls = new Recalls()
  const file = await open(path, 'r')
  try {
    let slice = 0
    const next = async (bytes: Uint8Array) => {
      await readWhole(file, bytes, path)
      const [crc, kept] = [zlib.crc32(bytes), header.slices[slice++]]
      if (crc === kept) return
      const name = `slice ${slice} of ${header.slices.length} of ${path}`
      throw new Fault('damaged', `${name} has checksum ${hex(crc)}, not ${hex(kept ?? 0)}`)
    }
    conversations.reserve(header.conversations)
    conversations.count = header.conversations
    for (let from = 0; from < header.conversations; from += SLICE_SLOTS) {
      const to = Math.min(from + SLICE_SLOTS, header.conversations)
      await next(conversations.bytesOf(from, to))
    }
    for (const chunk of header.accountChunks) {
      accounts.touch(chunk * ACCOUNT_CHUNK)
      await next(accounts.deliveredBytes(chunk))
    }
    members.slots.resize(header.members)
    for (const bytes of members.slots.slices(header.members)) await next(bytes)
    recalls.slots.resize(header.recalls)
    for (const bytes of recalls.slots.slices(header.recalls)) await next(bytes)
  } finally {
    await file.close()
  }
  return { conversations, accounts, members, recalls }
}

async function readWhole(file: FileHandle, bytes: Uint8Array, path: string): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done)
    if (bytesRead === 0) throw new Fault('damaged', `${path} ends before what its header names`)
    done += bytesRead
  }
}

/** What is not in a checkpoint: the tables, the chains, the totals. */
export async function derive(state: State): Promise<void> {
  const { conversations, members, recalls } = state
  const breath = new Breath()
  for (let recall = 0; recall < recalls.slots.count; recall++) {
    recalls.enter(recall)
    if (breath.isDue()) await breath.turn()
  }
  for (let slot = 0; slot < conversations.count; slot++) {
    if (conversations.isGroup(slot)) enterGroup(state, slot)
    else enterPair(state, slot)
    state.copies += conversations.wordsOf(slot)[wordAt(slot) + COUNT]!
    if (breath.isDue()) await breath.turn()
  }
  for (let member = 0; member < members.slots.count; member++) {
    members.enter(member)
    if (breath.isDue()) await breath.turn()
  }
}

function enterGroup({ conversations, pairs, groups }: State, slot: number): void {
  const words = conversations.wordsOf(slot)
  const at = wordAt(slot)
  words[at + FIRST_MEMBER] = 0
  pairs.add(words[at + LOWER]!, words[at + HIGHER]!, slot)
  groups.push(slot)
}

function enterPair(state: State, slot: number): void {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const lower = words[at + LOWER]!
  const higher = words[at + HIGHER]!
  state.pairs.add(lower, higher, slot)
  chainUp(state, slot)
  for (let side = 0; side < (lower === higher ? 1 : 2); side++) {
    const account = words[at + LOWER + side]!
    changeTotals(state, slot, account, unreadOfSide(state, slot, side))
    setLast(state, slot, side, account)
  }
}

/** From whom an account heard last, as far as the slots up to this one tell. */
function setLast(state: State, slot: number, side: number, account: number): void {
  const words = state.conversations.wordsOf(slot)
  const at = wordAt(slot)
  const accountWords = state.accounts.words[account >>> ACCOUNT_CHUNK_BITS]!
  const accountWord = accountAt(account)
  const last = accountWords[accountWord + LAST]! - 1
  const incoming = newestIncoming(words, at, side)
  if (incoming === 0 || (last >= 0 && incoming >>> 0 < newestTo(state, account, last))) return
  accountWords[accountWord + LAST] = slot + 1
  accountWords[accountWord + LAST_PEER] = peerIn(state, account, slot)
}

/** Coarsely where the newest copy stands that was sent to an account in a conversation. */
function newestTo(state: State, account: number, slot: number): number {
  const words = state.conversations.wordsOf(slot)
  return newestIncoming(words, wordAt(slot), sideIn(state, account, slot)) >>> 0
}

/** A checkpoint is not whole when it is damaged, missing or unreadable. All else is thrown on. */
function asDamage(error: unknown, name: string): Fault {
  if (error instanceof Fault && error.kind === 'damaged') return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'EIO') throw error
  return new Fault('damaged', `${name} cannot be used: ${message}`, error)
}
