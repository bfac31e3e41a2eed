/**
 * Stamps: when a message was sent, in its text, as tenths of a millisecond of
 * this process's clock. Finding one costs the receiver, so a few are looked at.
 */
import { performance } from 'node:perf_hooks'
import type { Latencies } from './latency.ts'
import type { Receiver } from './receivers.ts'

const DIGITS = 12
export const STAMP_MARK = `@${'0'.repeat(DIGITS)}@`
const TENTHS = 10
/** One message in so many is looked at. A prime: calls have 500 recipients. */
const EVERY = 53

export function writeStamp(request: Buffer, at: number): void {
  const tenths = Math.round(performance.now() * TENTHS)
  request.write(String(tenths).padStart(DIGITS, '0'), at + 1, DIGITS, 'latin1')
}

/** Notes how long some of the receivers' messages were on their way. */
export function watchStamps(receivers: readonly Receiver[], latencies: Latencies): void {
  let seen = 0
  const look = (bytes: Buffer, from: number, to: number) => {
    seen += 1
    if (seen % EVERY !== 0) return
    const stamp = /@(\d{12})@/.exec(bytes.toString('latin1', from, to))?.[1]
    if (stamp !== undefined) latencies.add(performance.now() - Number(stamp) / TENTHS)
  }
  for (const receiver of receivers) receiver.onMessage = look
}
