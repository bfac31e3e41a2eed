/**
 * Settle: every entry of a call gets its fate before the call is accepted;
 * later stages never fail one. Doors bring accounts by their numbers, and
 * conversations by the ids that their callers wrote.
 *
 *   account        ────────────────────────┐
 *   conversation   its key ─▶ its peer ────┴─▶ may the sender write there? ─▶ recipient, or failure
 *
 * A conversation that comes again gets the same fate without being looked up.
 */
import { NOBODY } from '../domain/account.ts'
import type { Failure, FailureCode } from '../domain/batch.ts'
import { isGroup, type Peer, peerIn } from '../domain/peer.ts'
import { Barrier } from '../engines/directory.ts'
import type { Entries } from './entries.ts'
import type { PipelineOptions } from './pipeline.ts'

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
 * Entries that are settled before others get the thread: some hundred microseconds. Calls of
 * common sizes are settled at once, for under load a turn takes as long.
 */
const ENTRIES_PER_TURN = 1024

type Fate = Peer | FailureCode

export function openSettle({ engines, findConversation }: PipelineOptions) {
  const { directory, index } = engines
  const barriers = new Uint8Array(ENTRIES_PER_TURN)
  const one = { account: new Int32Array(1), barrier: new Uint8Array(1) }

  return async function settle(
    sender: number,
    { accounts, strangers, conversations }: Entries,
    rules: SettleRules,
  ): Promise<Settled> {
    const recipients = new Int32Array(accounts.length)
    const failures: Failure[] = []
    for (let from = 0; from < accounts.length; from += ENTRIES_PER_TURN) {
      if (from > 0) await new Promise(setImmediate)
      const some = accounts.subarray(from, from + ENTRIES_PER_TURN)
      directory.barriers(sender, some, barriers)
      for (let i = 0; i < some.length; i += 1) {
        const account = some[i]!
        if (account === NOBODY) continue
        const fate = behind(barriers[i]!, sender, account, rules)
        if (typeof fate === 'number') recipients[from + i] = fate
        else failures.push({ ordinal: from + i, id: directory.id(account), code: fate })
      }
    }
    for (const [ordinal, id] of strangers) failures.push({ ordinal, id, code: 'unknownAccount' })
    const fates = new Map<string, Fate>()
    for (const [ordinal, id] of conversations) {
      let fate = fates.get(id)
      if (fate === undefined) {
        if (fates.size % ENTRIES_PER_TURN === ENTRIES_PER_TURN - 1) await new Promise(setImmediate)
        fate = await ofConversation(sender, id, rules)
        fates.set(id, fate)
      }
      if (typeof fate === 'number') recipients[ordinal] = fate
      else failures.push({ ordinal, id, code: fate })
    }
    failures.sort((one, other) => one.ordinal - other.ordinal)
    return { recipients, failures }
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
    return directory.described([group, 0])?.isFrozen === true ? 'frozen' : group
  }

  function ofPair(sender: number, other: number, rules: SettleRules): Fate {
    one.account[0] = other
    directory.barriers(sender, one.account, one.barrier)
    return behind(one.barrier[0]!, sender, other, rules)
  }
}

function behind(barrier: number, sender: number, other: number, rules: SettleRules): Fate {
  if (rules.notToSelf && other === sender) return 'self'
  if (barrier === Barrier.frozen) return 'frozen'
  return barrier === Barrier.blocked ? 'blocked' : other
}
