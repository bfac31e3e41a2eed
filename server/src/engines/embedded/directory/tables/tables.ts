import type { Database } from 'better-sqlite3'
import { type AccountRowChange, openAccounts } from './accounts.ts'
import { type BatchChange, openBatches } from './batches.ts'
import { type BlockChange, openBlocks } from './blocks.ts'
import { type ConversationDescribed, openConversations } from './conversations.ts'
import { type OverlayChange, openOverlays } from './overlays.ts'
import { openTokens, type TokensChange } from './tokens.ts'

/**
 * A change of the file's rows. What it makes of them depends on them and on nothing else, so that
 * it can be written again when a transaction was lost.
 */
export type Change =
  | AccountRowChange
  | ConversationDescribed
  | BlockChange
  | TokensChange
  | OverlayChange
  | BatchChange

export type Tables = ReturnType<typeof openTables>

export function openTables(database: Database) {
  const accounts = openAccounts(database)
  const conversations = openConversations(database)
  const blocks = openBlocks(database)
  const tokens = openTokens(database)
  const overlays = openOverlays(database)
  const batches = openBatches(database)

  function write(change: Change): void {
    switch (change.type) {
      case 'account':
      case 'profile':
      case 'revoked':
        accounts.write(change)
        break
      case 'described':
        conversations.write(change)
        break
      case 'block':
        blocks.write(change)
        break
      case 'tokens':
        tokens.write(change)
        break
      case 'overlay':
        overlays.write(change)
        break
      case 'keyed':
      case 'part':
        batches.write(change)
        break
    }
  }

  return {
    accounts,
    conversations,
    blocks,
    tokens,
    overlays,
    batches,
    write(changes: readonly Change[]): void {
      for (const change of changes) write(change)
      accounts.finish()
    },
  }
}

/** How many rows a change writes, about. */
export function rowsOf(change: Change): number {
  if (change.type === 'overlay') return change.ordinals.length
  return change.type === 'tokens' ? change.given.length + change.taken.length : 1
}
