/**
 * Addresses that send wrong UserSigs. After so many within a minute an address
 * is refused for a minute, whatever it sends.
 *
 *   counting   less than the limit since `since`; a minute later it is forgotten
 *   waiting    refused until a minute after the last that counted
 */
import { Refusal } from './codes.ts'

const MINUTE_MS = 60_000
/** When full, the address that was entered first is forgotten. */
const ADDRESSES_MAX = 10_000

export function openFailedSignatures(perMinute: number, now: () => number) {
  const addresses = new Map<string, { count: number; since: number }>()

  return {
    /** Throws a Refusal when the address has to wait. */
    check(address: string): void {
      const entry = current(address)
      if (entry !== undefined && entry.count >= perMinute) throw new Refusal(70050)
    },

    count(address: string): void {
      if (perMinute === 0) return
      const entry = current(address)
      if (entry === undefined) {
        makeRoom()
        addresses.set(address, { count: 1, since: now() })
      } else {
        entry.count += 1
        if (entry.count === perMinute) entry.since = now()
      }
    },
  }

  function current(address: string) {
    const entry = addresses.get(address)
    if (entry === undefined || now() - entry.since < MINUTE_MS) return entry
    addresses.delete(address)
    return undefined
  }

  function makeRoom(): void {
    if (addresses.size < ADDRESSES_MAX) return
    const first = addresses.keys().next()
    if (!first.done) addresses.delete(first.value)
  }
}
