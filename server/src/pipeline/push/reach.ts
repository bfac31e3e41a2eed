/** Whom notifications can reach, and why one should not go. */
import type { Batch } from '../../domain/batch.ts'
import { isGroup } from '../../domain/peer.ts'
import type { Stored } from '../../domain/record.ts'
import type { Overlaid } from '../../engines/directory.ts'
import type { Engines } from '../../engines/engines.ts'
import type { IsMuted } from './content.ts'
import type { Job } from './jobs.ts'
import type { Presence } from './presence.ts'

export interface ReachOptions {
  engines: Pick<Engines, 'index'>
  presence: Presence
  isMuted: IsMuted
  isReachable: (account: number) => boolean
}

export type Reach = ReturnType<typeof openReach>

export function openReach({ engines, presence, isMuted, isReachable }: ReachOptions) {
  const { index } = engines

  return {
    /** Cheap: asked for every receiver of every batch. */
    isReachable,

    /** Why a copy goes along no lane; null: it goes along all that lead to the account. */
    whyNot(account: number, stored: Stored<Batch>, ordinal: number): 'online' | 'muted' | null {
      if (presence.wasOpen(account, stored.place)) return 'online'
      return isMuted(account, stored, ordinal) ? 'muted' : null
    },

    /** What has happened since that makes a notification pointless; null: nothing has. */
    whyNoLonger(
      { accounts, stored: { record }, ordinal, position }: Job,
      overlaid: Overlaid | null,
    ): 'recalled' | 'read' | 'delivered' | null {
      if (overlaid?.change === 'recall') return 'recalled'
      const [account, ...others] = accounts
      if (others.length > 0) return null
      const peer = record.recipients[ordinal]!
      const isRead = index.mark(account!, isGroup(peer) ? peer : record.sender) >= position
      if (isRead) return 'read'
      return index.delivered(account!) >= position ? 'delivered' : null
    },
  }
}
