/**
 * Writes down what the index knows, so that a start replays little of the
 * journal. It is *fuzzy*: records go on being applied while it is written.
 *
 *   begin ──▶ slice, slice, slice … ──▶ flush the blocks ──▶ sync the slots ──▶ header
 *
 *   begin    notes the place of the last record, P, how many conversations, members and recalls
 *            there are, and which chunks of accounts
 *   slice    4,096 conversations, 8,192 members or recalls, or one chunk of marks: copied
 *            between two records, then written
 *   header   makes it a checkpoint: written, synced, given its name, and that synced too.
 *            Everything that it names is on stable storage before
 *
 * Two checkpoints are kept. The older is removed when the newer has its header.
 *
 * Why it is consistent, although its slices are of different moments:
 *
 *   1. Every slice is taken at or after the beginning and between two records. So each of
 *      its slots holds what all records up to P made of it, and maybe what some later ones
 *      made; of each record everything that it does to this slot, or nothing.
 *   2. Applying a record to a slot that has it changes nothing (invariant 3 of the slots).
 *      So after the journal was replayed from P every slot is as if each record had been
 *      applied once.
 *   3. A conversation that came after the beginning is in no slice. Its first copy stands
 *      after P, so replaying makes it again. In return, every conversation of a slice was
 *      there at P: a read that found none when it was first applied finds none again.
 *   4. A slot that was copied before it spilled spills again. The first block stays in the
 *      file, and nothing names it. A slot that was copied after it spilled names a block
 *      that was appended before the last slice was taken, and those are flushed before the
 *      header is written.
 *   5. Chains, the pair table and the totals of accounts are not in it. They are made again
 *      from the slots, so they fit them, and from then on change with them. From whom an
 *      account heard last is set by every copy that is replayed, also by a known one: of
 *      two conversations one may have been copied earlier, and in the end the newest copy
 *      must have the word.
 *   6. Delivered marks are maxima: applying one again changes nothing.
 *   7. Applying a record to a member slot that has it changes nothing either (members.ts), whether
 *      its group was copied earlier or later: what is counted up to a mark is counted by
 *      position, and when a record is replayed every copy from before it is there. Members
 *      that came after the beginning come again, and in the same order.
 *   8. A recall is never changed. Those from before the beginning are there as they were; each
 *      later one is met again. Then the copy that it names is either there, as it was, or
 *      was read in the meantime, and then it counts no more with the recall than without.
 */
import { type FileHandle, open, rename } from 'node:fs/promises'
import zlib from 'node:zlib'
import { Fault } from '../../../domain/errors.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { type CheckpointHeader, encodeHeader } from './checkpoint-header.ts'
import { SLOT_BYTES } from './conversation-slots.ts'
import type { State } from './state.ts'

/** 640 KiB, the largest: copying and checking so much takes less than a millisecond. A chunk holds 8 of them. */
export const SLICE_SLOTS = 4096
const SLICE_BYTES = SLICE_SLOTS * SLOT_BYTES

/** 20 MiB. A big checkpoint all at once would keep the disk from the journal's syncs. */
const SLICES_A_SYNC = 32

/** Writes the next checkpoint. Rejects, and leaves no trace, when that fails or is given up. */
export async function writeCheckpoint(
  state: State,
  files: CheckpointFiles,
  signal: AbortSignal,
): Promise<void> {
  const { blocks } = state
  const began = {
    place: state.applied,
    conversations: state.conversations.count,
    members: state.members.slots.count,
    recalls: state.recalls.slots.count,
    accountChunks: state.accounts.chunks(),
  }
  const kept = files.numbers().slice(0, 1)
  const number = (kept[0] ?? 0) + 1
  try {
    const file = await open(files.slots(number), 'wx')
    try {
      const slices: number[] = []
      for (const slice of slicesOf(state, began)) {
        if (signal.aborted) throw new Fault('stopping', 'the checkpoint was given up')
        const written = slices.push(zlib.crc32(slice))
        await writeWhole(file, slice)
        if (written % SLICES_A_SYNC === 0) await file.datasync()
      }
      const header = { ...began, reach: state.applied, slices, blocksEnd: blocks.next }
      await blocks.flush(header.blocksEnd)
      await file.datasync()
      await writeHeader(files, number, { ...header, blocksName: blocks.name })
    } finally {
      await file.close()
    }
  } catch (error) {
    await files.keepOnly(files.numbers())
    throw error
  }
  await files.keepOnly([...kept, number])
}

type Began = Pick<CheckpointHeader, 'conversations' | 'members' | 'recalls' | 'accountChunks'>

/** Each slice is a copy, taken when it is asked for, and overwritten by the next. */
function* slicesOf(
  { conversations, accounts, members, recalls }: State,
  began: Began,
): Generator<Uint8Array> {
  const room = new Uint8Array(SLICE_BYTES)
  const copy = (bytes: Uint8Array) => {
    room.set(bytes)
    return room.subarray(0, bytes.length)
  }
  for (let from = 0; from < began.conversations; from += SLICE_SLOTS) {
    const to = Math.min(from + SLICE_SLOTS, began.conversations)
    yield copy(conversations.bytesOf(from, to))
  }
  for (const chunk of began.accountChunks) yield copy(accounts.deliveredBytes(chunk))
  for (const slice of members.slots.slices(began.members)) yield copy(slice)
  for (const slice of recalls.slots.slices(began.recalls)) yield copy(slice)
}

async function writeHeader(
  files: CheckpointFiles,
  number: number,
  header: CheckpointHeader,
): Promise<void> {
  const path = `${files.header(number)}.new`
  const file = await open(path, 'w')
  try {
    await writeWhole(file, encodeHeader(header))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(path, files.header(number))
  await files.sync()
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done)).bytesWritten
  }
}
