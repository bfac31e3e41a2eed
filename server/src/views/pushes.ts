/** What became of the notifications for the copies of a record, as the journal has it. */
import type { Place } from '../domain/place.ts'
import { placeOf } from '../domain/place.ts'
import type { Outcomes, PushResult } from '../domain/record.ts'
import type { Engines } from '../engines/engines.ts'

export interface Push extends PushResult {
  way: Outcomes['way']
  /** When its outcome was written down: Unix time, milliseconds. */
  time: number
}

export interface PushTotals {
  pushed: number
  /** By what the provider said. */
  refused: Map<string, number>
  /** By why. */
  skipped: Map<string, number>
}

/** How many records of outcomes are read at a time. */
const READ_AT_ONCE = 16

/** How many reasons are told apart. Providers choose their words. */
const REASONS_MAX = 100

/** The outcomes that speak of copies of the record at `place`, in order. */
export async function* pushesOf(
  place: Place,
  { journal, directory }: Pick<Engines, 'journal' | 'directory'>,
): AsyncGenerator<Push> {
  const places = directory.outcomesOf(place)
  for (let from = 0; from < places.length; from += READ_AT_ONCE) {
    for (const stored of await journal.read(places.slice(from, from + READ_AT_ONCE))) {
      if (stored?.record.type !== 'outcomes') continue
      const { way, results } = stored.record
      for (const result of results) {
        if (placeOf(result.position) === place) yield { ...result, way, time: stored.time }
      }
    }
  }
}

export function noPushes(): PushTotals {
  return { pushed: 0, refused: new Map(), skipped: new Map() }
}

export function countPush(totals: PushTotals, { state, detail }: Push): void {
  if (state === 'pushed') totals.pushed += 1
  else countReason(totals[state], detail)
}

function countReason(reasons: Map<string, number>, detail: string): void {
  const reason = reasons.has(detail) || reasons.size < REASONS_MAX ? detail : 'other'
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
}
