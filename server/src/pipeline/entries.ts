import { NOBODY } from '../domain/account.ts'
import type { Directory } from '../engines/directory.ts'

/** The lines of a call, for as many accounts and conversations. */
export interface Entries {
  /** Account by ordinal; 0: the entry is for a stranger, or for a conversation. */
  accounts: Int32Array
  /** By ordinal, ids that no account has, as the caller wrote them. */
  strangers: ReadonlyMap<number, string>
  /** By ordinal, ids of conversations. */
  conversations: ReadonlyMap<number, string>
}

/** One line of a call, as its caller wrote it: an account, or a conversation by its id. */
export type Entry = { account: string } | { conversation: string }

export function entriesOf(list: readonly Entry[], directory: Directory): Entries {
  const accounts = new Int32Array(list.length)
  const strangers = new Map<number, string>()
  const conversations = new Map<number, string>()
  list.forEach((entry, ordinal) => {
    if ('conversation' in entry) {
      conversations.set(ordinal, entry.conversation)
      return
    }
    const account = directory.number(entry.account)
    if (account === NOBODY) strangers.set(ordinal, entry.account)
    else accounts[ordinal] = account
  })
  return { accounts, strangers, conversations }
}
