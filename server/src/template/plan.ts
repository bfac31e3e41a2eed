/**
 * The template for the entries that have one and the same set of names: which
 * bytes are copied, and whose values go between them. Made in one pass over the candidates.
 */
import type { Candidates } from './candidates.ts'
import { afterDollar } from './stops.ts'
import type { Work } from './work.ts'

export interface Plan {
  /** By hole: where the text ends before it and goes on after it, offsets in the source. */
  starts: Uint32Array
  ends: Uint32Array
  /** By hole: the name whose value goes there. */
  names: Uint32Array
  /** How many bytes of the source are left. */
  literalBytes: number
  /** The names that have a hole, and how many holes each. */
  tally: readonly { name: number; holes: number }[]
}

/** `has` says by slot whether the entries have a value. */
export function makePlan(
  source: Buffer,
  candidates: Candidates,
  has: Uint8Array,
  work: Work,
): Plan {
  const { stops, starts: firstStops, slots, names, lengths } = candidates
  const longest = longestSlots(candidates.shorter, has)
  const holes = { starts: [] as number[], ends: [] as number[], names: [] as number[] }
  const counts = new Uint32Array(names.length)
  let literalBytes = source.length
  let nextStop = 0
  for (let candidate = 0; candidate < slots.length; candidate += 1) {
    const firstStop = firstStops[candidate]!
    const slot = longest[slots[candidate]!]!
    if (firstStop < nextStop || slot === -1) continue
    const lastStop = firstStop + lengths[slot]!
    const start = stops[firstStop]!
    const end = afterDollar(source, stops[lastStop]!)
    holes.starts.push(start)
    holes.ends.push(end)
    holes.names.push(names[slot]!)
    counts[slot]! += 1
    literalBytes -= end - start
    nextStop = lastStop + 1
  }
  work.steps += slots.length + names.length
  return {
    starts: new Uint32Array(holes.starts),
    ends: new Uint32Array(holes.ends),
    names: new Uint32Array(holes.names),
    literalBytes,
    tally: tallyOf(names, counts),
  }
}

/** A loop, since entries of ever other names have a plan each: `Array.from` took most of its time. */
function tallyOf(names: Uint32Array, counts: Uint32Array): Plan['tally'] {
  const tally: { name: number; holes: number }[] = []
  for (let slot = 0; slot < counts.length; slot += 1) {
    if (counts[slot]! > 0) tally.push({ name: names[slot]!, holes: counts[slot]! })
  }
  return tally
}

/** By slot: the longest name at or below it that has a value; -1: none. */
function longestSlots(shorter: Int32Array, has: Uint8Array): Int32Array {
  const longest = new Int32Array(has.length)
  for (let slot = 0; slot < has.length; slot += 1) {
    // Slots with shorter names are lower, and settled.
    longest[slot] = has[slot] === 1 ? slot : (longest[shorter[slot]!] ?? -1)
  }
  return longest
}
