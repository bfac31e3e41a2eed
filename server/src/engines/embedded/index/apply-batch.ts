/**
 * Adds the copies of a batch: the hot path of the index.
 *
 * Each entry touches up to three places that are nowhere near each other: the
 * receiver's slot, the pair table (unless the receiver heard last from the same
 * sender) and the conversation's slot. At a million accounts each of them misses
 * every cache. So a batch is walked several times, and the first walks do little
 * but look: the processor then fetches for many entries at once, because none
 * waits for another. No entry allocates anything.
 *
 * Measured by bench/micro/index.ts, 500 random recipients out of 1 M, one sender: 0.30 µs
 * an entry in the middle and 0.26 in the best tenth of the batches; up to half more while
 * others use the machine. With so few accounts that the caches hold them it is 0.11:
 * the rest is waiting for memory. Without the look at the slots it is 0.15 more, without
 * what an account knows of whom it heard last 0.1. A look at the accounts beforehand, or
 * walking in pieces that fit the first cache, or keeping apart what an entry does not
 * need, changes nothing that can be measured.
 */
import { NOBODY } from '../../../domain/account.ts'
import { type Batch, Trait } from '../../../domain/batch.ts'
import { ORDINALS_MAX, type Place, positionOf } from '../../../domain/place.ts'
import {
  ACCOUNT_CHUNK_BITS,
  accountAt,
  HEAD,
  LAST,
  LAST_PEER,
  TOTAL_BADGE,
  TOTAL_UNREAD,
} from './account-slots.ts'
import { append } from './append.ts'
import { markRead } from './apply-read.ts'
import { addCopiesToGroups } from './apply-to-groups.ts'
import { refuseBadAccount } from './bad-numbers.ts'
import {
  HIGHER,
  LISTED,
  LOWER,
  MARK,
  NEXT,
  positionAt,
  UNBADGED,
  UNREAD,
  wordAt,
} from './conversation-slots.ts'
import { Flag, flagsOf, highWord, lowWord } from './entry.ts'
import type { State } from './state.ts'

/** By entry of the batch that is being applied: its conversation, and the hash of its pair. */
const slotByOrdinal = new Int32Array(ORDINALS_MAX)
const hashByOrdinal = new Int32Array(ORDINALS_MAX)

/** Where walks leave what they only looked at, so that V8 does not leave the looking out. */
const seen = new Int32Array(1)

export function applyBatch(state: State, place: Place, batch: Batch): void {
  if (batch.traits & Trait.onlineOnly) return
  const { length } = batch.recipients
  if (length > ORDINALS_MAX) {
    throw new RangeError(`a batch has ${length} entries, not at most ${ORDINALS_MAX}`)
  }
  refuseBadAccount(batch.sender)
  const asked = askAccounts(state, batch)
  if (!asked.all) askPairs(state, batch)
  lookAtSlots(state, batch)
  addCopies(state, place, batch)
  if (asked.groups) addCopiesToGroups(state, place, batch)
}

/**
 * Finds the conversations of those who heard last from the sender, and says whether those are all.
 * What is not for an account is passed over, here and in what follows; `groups`: some is for groups.
 */
function askAccounts({ accounts, pairs }: State, { sender, recipients }: Batch) {
  let sum = 0
  let all = true
  let groups = false
  for (let ordinal = 0; ordinal < recipients.length; ordinal++) {
    const recipient = recipients[ordinal]!
    if (recipient <= NOBODY) {
      groups ||= recipient < NOBODY
    } else if (accounts.word(recipient, LAST_PEER) === sender) {
      slotByOrdinal[ordinal] = accounts.word(recipient, LAST) - 1
    } else {
      all = false
      slotByOrdinal[ordinal] = -1
      const hash =
        sender < recipient ? pairs.hash(sender, recipient) : pairs.hash(recipient, sender)
      hashByOrdinal[ordinal] = hash
      sum ^= pairs.look(hash)
    }
  }
  seen[0] = sum
  return { all, groups }
}

/** Finds the others, but for those who speak for the first time. */
function askPairs({ pairs }: State, { recipients }: Batch): void {
  for (let ordinal = 0; ordinal < recipients.length; ordinal++) {
    if (recipients[ordinal]! <= NOBODY || slotByOrdinal[ordinal]! >= 0) continue
    slotByOrdinal[ordinal] = pairs.guess(hashByOrdinal[ordinal]!)
  }
}

function lookAtSlots({ conversations }: State, { recipients }: Batch): void {
  let sum = 0
  for (let ordinal = 0; ordinal < recipients.length; ordinal++) {
    const slot = slotByOrdinal[ordinal]!
    if (recipients[ordinal]! <= NOBODY || slot < 0) continue
    const words = conversations.wordsOf(slot)
    const at = wordAt(slot)
    // One in each cache line.
    sum ^= words[at]! ^ words[at + 16]! ^ words[at + 32]!
  }
  seen[0] = sum
}

function addCopies(state: State, place: Place, batch: Batch): void {
  const { sender, recipients, traits } = batch
  const { conversations, accounts } = state
  const base = positionOf(place, 0)
  // All ordinals fit below the lowest bit of a place: entries differ in their low words only.
  const baseLow = lowWord(base)
  const baseHigh = highWord(base, flagsOf(traits))
  const counts = (traits & Trait.uncounted) === 0
  const badges = (traits & Trait.unbadged) === 0
  const lists = (traits & Trait.unlisted) === 0
  const hides = (traits & Trait.hiddenFromSender) !== 0
  const reads = (traits & Trait.readsForSender) !== 0

  for (let ordinal = 0; ordinal < recipients.length; ordinal++) {
    const recipient = recipients[ordinal]!
    if (recipient <= NOBODY) continue
    const slot = theSlot(state, slotByOrdinal[ordinal]!, sender, recipient)
    const words = conversations.wordsOf(slot)
    const positions = conversations.positionsOf(slot)
    const at = wordAt(slot)
    const positionsAt = positionAt(slot)
    const position = base + ordinal
    const low = baseLow | ordinal
    // 1 if the lower account sent it: then the higher side, 1, receives it.
    const fromLower = sender < recipient ? 1 : 0
    const toOneself = sender === recipient
    const high = toOneself
      ? (baseHigh & ~Flag.hiddenFromSender) | Flag.uncounted | Flag.fromLower
      : baseHigh | fromLower
    const senderSide = toOneself ? 0 : 1 - fromLower
    const receiverSide = toOneself ? 0 : fromLower

    // Also for a copy that is known already: see point 5 of checkpoint.ts.
    const account = accounts.words[recipient >>> ACCOUNT_CHUNK_BITS]!
    const accountWord = accountAt(recipient)
    account[accountWord + LAST] = slot + 1
    account[accountWord + LAST_PEER] = sender

    if (!append(state, slot, words, at, low, high)) continue
    if (!hides || toOneself) positions[positionsAt + LISTED + senderSide] = position
    if (lists) positions[positionsAt + LISTED + receiverSide] = position

    if (counts && !toOneself && positions[positionsAt + MARK + receiverSide]! < position) {
      words[at + UNREAD + receiverSide]!++
      account[accountWord + TOTAL_UNREAD]!++
      if (badges) account[accountWord + TOTAL_BADGE]!++
      else words[at + UNBADGED + receiverSide]!++
      state.auditor?.changed(recipient, slot, 1, badges ? 1 : 0)
    }
    if (reads) markRead(state, slot, senderSide, position)
  }
}

/**
 * The guess is wrong once in 2^32 entries: another pair has the same hash. Who speaks for the
 * first time gets a conversation: here, so that their order never depends on hashes.
 */
function theSlot(state: State, guess: number, sender: number, recipient: number): number {
  const lower = sender < recipient ? sender : recipient
  const higher = sender < recipient ? recipient : sender
  if (guess >= 0 && state.conversations.isOf(guess, lower, higher)) return guess
  const slot = state.pairs.find(lower, higher)
  return slot >= 0 ? slot : openConversation(state, lower, higher)
}

/** New conversations are first in the chains of their accounts: O(1), however many those have. */
function openConversation(state: State, lower: number, higher: number): number {
  refuseBadAccount(higher)
  const slot = state.conversations.add(lower, higher)
  state.pairs.add(lower, higher, slot)
  chainUp(state, slot)
  return slot
}

/** Hangs a slot at the head of the chains of its accounts. */
export function chainUp({ conversations, accounts }: State, slot: number): void {
  const words = conversations.wordsOf(slot)
  const at = wordAt(slot)
  const sides = words[at + LOWER] === words[at + HIGHER] ? 1 : 2
  for (let side = 0; side < sides; side++) {
    const account = words[at + LOWER + side]!
    accounts.touch(account)
    const accountWords = accounts.words[account >>> ACCOUNT_CHUNK_BITS]!
    words[at + NEXT + side] = accountWords[accountAt(account) + HEAD]!
    accountWords[accountAt(account) + HEAD] = slot + 1
  }
}
