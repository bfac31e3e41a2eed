/**
 * Where in a template a value may go, whatever names an entry has.
 *
 * An entry that lacks a name has its text there, and then a shorter name may
 * begin at the same dollar, or another one at a dollar within. So a candidate is a
 * dollar with all the names that begin there: the longest, and from it down.
 *
 * Names that begin nowhere are left out here, once, so that 10,000 names in the entries cost
 * nothing if the template has two. Those that are used stand in *slots*, shorter ones first.
 */
import type { NameTree } from './name-tree.ts'

export interface Candidates {
  /** All stops of the template. See stops.ts. */
  stops: Uint32Array
  /** By candidate: the index of the stop of its dollar, rising. */
  starts: Uint32Array
  /** By candidate: the slot of the longest name. */
  slots: Uint32Array
  /** By slot: the name. */
  names: Uint32Array
  /** By slot: how many stops lie between the first and the last dollar of the name, the last included. */
  lengths: Uint32Array
  /** By slot: the slot of the next shorter name that begins at the same dollar, which is lower; -1: none. */
  shorter: Int32Array
}

export function findCandidates(source: Buffer, stops: Uint32Array, tree: NameTree): Candidates {
  const { stops: starts, names: longest } = tree.find(source, stops)
  const names = usedNames(longest, tree)
  const slotOf = new Int32Array(tree.shorter.length)
  const lengths = new Uint32Array(names.length)
  const shorter = new Int32Array(names.length)
  for (let slot = 0; slot < names.length; slot += 1) {
    const name = names[slot]!
    const next = tree.shorter[name]!
    slotOf[name] = slot
    lengths[slot] = tree.stretches[name]!
    // It has a slot already, because it has fewer stretches.
    shorter[slot] = next === -1 ? -1 : slotOf[next]!
  }
  const slots = new Uint32Array(longest.length)
  for (let index = 0; index < slots.length; index += 1) slots[index] = slotOf[longest[index]!]!
  return { stops, starts, slots, names, lengths, shorter }
}

/** The names that begin somewhere, each once, those with fewer stretches first. */
function usedNames(longest: Uint32Array, { shorter, stretches }: NameTree): Uint32Array {
  const isUsed = new Uint8Array(shorter.length)
  const used: number[] = []
  for (const first of longest) {
    for (let name = first; name !== -1 && isUsed[name] === 0; name = shorter[name]!) {
      isUsed[name] = 1
      used.push(name)
    }
  }
  return new Uint32Array(used.sort((one, other) => stretches[one]! - stretches[other]!))
}
