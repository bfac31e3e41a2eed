/**
 * A hook is an address of the operator that takes notifications as JSON and
 * does with them what it likes. What is posted is made by a door.
 */
import type { PushOutcome } from '../pusher.ts'
import { type HookOptions, openHookPoster } from './hook-poster.ts'

export interface Hook {
  /** Posts once. Resolves with what became of it; never rejects. */
  post(json: string): Promise<PushOutcome>
  /** How many posts may be under way at once. */
  readonly concurrencyMax: number
  /** Ends the connections. What is under way resolves as retryable. */
  close(): Promise<void>
}

const CONNECTIONS_MAX = 32

export function openHook(options: HookOptions): Hook {
  const poster = openHookPoster({ ...options, connectionsMax: CONNECTIONS_MAX })
  return {
    concurrencyMax: CONNECTIONS_MAX,
    async post(json) {
      const answer = await poster.post(json)
      return answer.state === 'refused' ? answer : { state: 'pushed', id: '' }
    },
    async close() {
      poster.close()
    },
  }
}
