/**
 * Unread counters as this door shows them: of direct conversations alone, since
 * groups have no words here. TIM counts at most so many messages of a
 * conversation, and at most so many conversations; what is beyond is stored all
 * the same. Our counters know no such limits, so these are a rule of this view,
 * and switched off by 0.
 */
import { END } from '../../domain/place.ts'
import type { Views } from '../../views/views.ts'

export interface UnreadLimits {
  /** Messages of one conversation. */
  timUnreadMax: number
  /** Conversations of one account that have any. */
  timConversationsMax: number
}

const orInfinite = (max: number): number => (max === 0 ? Number.POSITIVE_INFINITY : max)

export function unreadOf(
  account: number,
  peer: number,
  views: Views,
  { timUnreadMax }: UnreadLimits,
): number {
  return Math.min(views.unread(account, peer), orInfinite(timUnreadMax))
}

const PAGE = 100
/** An account may have a million conversations; no more than this are looked at for one total. */
const LOOKED_AT_MAX = 1000

export async function unreadTotalOf(
  account: number,
  views: Views,
  limits: UnreadLimits,
): Promise<number> {
  const total = views.directUnreadTotal(account)
  const messagesMax = orInfinite(limits.timUnreadMax)
  const conversationsMax = orInfinite(limits.timConversationsMax)
  // So few can neither fill a conversation nor lie in too many of them.
  if (total <= messagesMax && total <= conversationsMax) return total

  let shown = 0
  let seen = 0
  let counted = 0
  let before = END
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += PAGE) {
    const page = await views.listed(account, before, PAGE, 'direct')
    for (const { unread } of page) {
      if (unread === 0) continue
      shown += Math.min(unread, messagesMax)
      seen += unread
      counted += 1
      if (seen >= total || counted === conversationsMax) return shown
    }
    if (page.length < PAGE) break
    before = page.at(-1)!.newest
  }
  // What remains is in conversations that are listed nowhere or very far down.
  return shown + Math.min(total - seen, (conversationsMax - counted) * messagesMax)
}
