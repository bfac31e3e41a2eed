/**
 * Settle: every entry of a call gets its fate before the call is accepted;
 * later stages never fail one. Doors bring entries by the ids that their
 * callers wrote.
 *
 *   account        its number ─────────────┐
 *   conversation   its key ─▶ its peer ────┴─▶ may the sender write there? ─▶ recipient, or failure
 *
 * An id that comes again gets the same fate without being looked up.
 */
import { NOBODY } from '../domain/account.ts'
import type { Failure, FailureCode } from '../domain/batch.ts'
import { conversationOf, isGroup, type Peer, peerIn } from '../domain/peer.ts'
import type { PipelineOptions } from './pipeline.ts'

/** One line of a call, as its caller wrote it: an account, or a conversation by its id. */
export type Entry = { account: string } | { conversation: string }

export interface SettleRules {
  /** The sender may only write where it is a member. The platform may write anywhere. */
  membersOnly: boolean
  /** An entry for the sender itself fails. */
  notToSelf: boolean
}

export interface Settled {
  /** Peer by entry; 0: it failed. */
  recipients: Int32Array
  failures: Failure[]
}

/**
 * Entries that are settled before others get the thread: one or two milliseconds. Calls of common
 * sizes are settled at once, for under load a turn takes as long.
 */
const ENTRIES_PER_TURN = 1024

type Fate = Peer | FailureCode

export function openSettle({ engines, findConversation }: PipelineOptions) {
  const { directory, index } = engines

  return async function settle(
    sender: number,
    entries: readonly Entry[],
    rules: SettleRules,
  ): Promise<Settled> {
    const accounts = new Map<string, Fate>()
    const conversations = new Map<string, Fate>()
    const recipients = new Int32Array(entries.length)
    const failures: Failure[] = []
    for (const [ordinal, entry] of entries.entries()) {
      if (ordinal > 0 && ordinal % ENTRIES_PER_TURN === 0) await new Promise(setImmediate)
      const isAccount = 'account' in entry
      const id = isAccount ? entry.account : entry.conversation
      const known = isAccount ? accounts : conversations
      let fate = known.get(id)
      if (fate === undefined) {
        fate = isAccount ? ofAccount(sender, id, rules) : await ofConversation(sender, id, rules)
        known.set(id, fate)
      }
      if (typeof fate === 'number') recipients[ordinal] = fate
      else failures.push({ ordinal, id, code: fate })
    }
    return { recipients, failures }
  }

  function ofAccount(sender: number, id: string, rules: SettleRules): Fate {
    const account = directory.number(id)
    return account === NOBODY ? 'unknownAccount' : ofPair(sender, account, rules)
  }

  async function ofConversation(sender: number, id: string, rules: SettleRules): Promise<Fate> {
    const conversation = await findConversation(id)
    if (conversation === null) return 'unknownConversation'
    if (isGroup(conversation[0])) return ofGroup(sender, conversation[0], rules)
    // A pair has two sides, and no third one to write from.
    if (!conversation.includes(sender)) return 'notMember'
    return ofPair(sender, peerIn(conversation, sender), rules)
  }

  function ofGroup(sender: number, group: Peer, { membersOnly }: SettleRules): Fate {
    if (membersOnly && !index.isMember(sender, group)) return 'notMember'
    return isFrozen(sender, group) ? 'frozen' : group
  }

  function ofPair(sender: number, other: number, { notToSelf }: SettleRules): Fate {
    if (notToSelf && other === sender) return 'self'
    if (isFrozen(sender, other)) return 'frozen'
    if (directory.isBlocked(other, sender) || directory.isBlocked(sender, other)) return 'blocked'
    return other
  }

  function isFrozen(sender: number, peer: Peer): boolean {
    return directory.described(conversationOf(sender, peer))?.isFrozen === true
  }
}
