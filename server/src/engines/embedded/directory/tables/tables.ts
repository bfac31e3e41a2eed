import type { Database } from 'better-sqlite3'
import { type AccountRowChange, openAccounts } from './accounts.ts'
import { type BatchChange, openBatches } from './batches.ts'
import { type BlockChange, openBlocks } from './blocks.ts'
import { type ConversationDescribed, openConversations } from './conversations.ts'
import { type DeviceRowChange, openDevices } from './devices.ts'
import { type OutcomesChange, openOutcomes } from './outcomes.ts'
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
  | DeviceRowChange
  | OutcomesChange

export type Tables = ReturnType<typeof openTables>

export function openTables(database: Database) {
  const accounts = openAccounts(database)
  const conversations = openConversations(database)
  const blocks = openBlocks(database)
  const tokens = openTokens(database)
  const overlays = openOverlays(database)
  const batches = openBatches(database)
  const devices = openDevices(database)
  const outcomes = openOutcomes(database)

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
      case 'device':
        devices.write(change)
        break
      case 'outcomes':
        outcomes.write(change)
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
    devices,
    outcomes,
    write(changes: readonly Change[]): void {
      for (const change of changes) write(change)
      accounts.finish()
    },
    /** What was written since the last commit is gone, and will be written again. */
    rolledBack(): void {
      accounts.rolledBack()
      devices.rolledBack()
    },
  }
}

/** How many rows a change writes, about. */
export function rowsOf(change: Change): number {
  switch (change.type) {
    case 'overlay':
      return change.ordinals.length
    case 'outcomes':
      return change.batches.length + 1
    case 'tokens':
      return change.given.length + change.taken.length
    default:
      return 1
  }
}
