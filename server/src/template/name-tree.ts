/**
 * The names of a batch, ready to be found in texts, in a time that depends on
 * the length of the text alone.
 *
 * A name begins and ends with a dollar, so it is a row of stretches between dollars: `$a$b$` is `a`,
 * `b`. Texts are compared stretch by stretch; one that is in no name is *strange*.
 *
 * What is wanted is the longest name that begins at each dollar. So the tree
 * holds the names from their last stretch to their first, and a text is read backwards:
 *
 *   state     the longest row of stretches from here on that ends some name
 *   child     the state after one more stretch before it
 *   back      the state of the longest beginning of that row which ends some name too
 *   ending    the longest name that begins here, if there is one
 *   shorter   of a name: the longest other name that it begins with
 *
 * This is the automaton of Aho and Corasick, turned round. Reading back goes one state
 * deeper for each stretch and a step back at most as often, whatever the names are.
 * From `ending`, following `shorter` gives every name that begins at the dollar.
 */
import { unescapeText } from './escape.ts'
import { afterDollar, isDollar } from './stops.ts'
import type { Work } from './work.ts'

export function isName(text: string): boolean {
  return text.length > 2 && text.startsWith('$') && text.endsWith('$')
}

/** Where names begin, in the order of the text. */
export interface Beginnings {
  /** The index of the stop of the first dollar. */
  stops: Uint32Array
  /** The longest name that begins there. */
  names: Uint32Array
}

export class NameTree {
  /** By name. */
  readonly stretches: Uint32Array
  /** By name; -1: none. */
  readonly shorter: Int32Array

  readonly #work: Work
  /** Numbers of stretches, from 1. */
  readonly #numbers = new Map<string, number>()
  /** Characters of the longest of them. */
  #longest = 0
  #empty = STRANGE

  #states = 1
  readonly #parent: Uint32Array
  readonly #stretch: Uint32Array
  readonly #back: Uint32Array
  readonly #ending: Int32Array
  /** The first child stands here; so a long name without branches costs no map entries. */
  readonly #firstChild: Uint32Array
  /** The others, by state and stretch. */
  readonly #children = new Map<number, number>()

  constructor(names: readonly string[], work: Work) {
    this.#work = work
    this.stretches = new Uint32Array(names.length)
    this.shorter = new Int32Array(names.length).fill(NONE)
    let states = 1
    for (let name = 0; name < names.length; name += 1) {
      this.stretches[name] = stretchesOf(names[name]!)
      states += this.stretches[name]!
    }
    if (states > STATES_MAX) {
      throw new RangeError(`names have ${states} stretches, expected less than ${STATES_MAX}`)
    }
    this.#parent = new Uint32Array(states)
    this.#stretch = new Uint32Array(states)
    this.#back = new Uint32Array(states)
    this.#ending = new Int32Array(states).fill(NONE)
    this.#firstChild = new Uint32Array(states)
    for (let name = 0; name < names.length; name += 1) this.#add(names[name]!, name)
    this.#link()
  }

  /** Finds the longest name at each dollar. See stops.ts. */
  find(source: Buffer, stops: Uint32Array): Beginnings {
    const found = { stops: new Uint32Array(stops.length), names: new Uint32Array(stops.length) }
    let first = stops.length
    let state = ROOT
    for (let index = stops.length - 2; index >= 0; index -= 1) {
      state = this.#step(state, this.#numberAt(source, stops[index]!, stops[index + 1]!))
      const name = this.#ending[state]!
      if (name === NONE) continue
      first -= 1
      found.stops[first] = index
      found.names[first] = name
    }
    return { stops: found.stops.slice(first), names: found.names.slice(first) }
  }

  #add(text: string, name: number): void {
    let state = ROOT
    for (let end = text.length - 1; end > 0; ) {
      const dollar = text.lastIndexOf('$', end - 1)
      state = this.#grown(state, this.#numberOf(text.slice(dollar + 1, end)))
      end = dollar
    }
    if (this.#ending[state] !== NONE) throw new RangeError(`the name ${text} came twice`)
    this.#ending[state] = name
    this.#work.steps += text.length
  }

  #numberOf(stretch: string): number {
    const known = this.#numbers.get(stretch)
    if (known !== undefined) return known
    const number = this.#numbers.size + 1
    this.#numbers.set(stretch, number)
    this.#longest = Math.max(this.#longest, stretch.length)
    if (stretch === '') this.#empty = number
    return number
  }

  /** The stretch between two stops. */
  #numberAt(source: Buffer, stop: number, nextStop: number): number {
    this.#work.steps += 1
    if (!isDollar(source, stop) || !isDollar(source, nextStop)) return STRANGE
    const from = afterDollar(source, stop)
    if (from === nextStop) return this.#empty
    if (nextStop - from > this.#longest * CHARACTER_BYTES_MAX) return STRANGE
    this.#work.steps += nextStop - from
    return this.#numbers.get(unescapeText(source.toString('utf8', from, nextStop))) ?? STRANGE
  }

  #grown(state: number, stretch: number): number {
    const known = this.#child(state, stretch)
    if (known !== ROOT) return known
    const child = this.#states
    this.#states += 1
    this.#parent[child] = state
    this.#stretch[child] = stretch
    if (this.#firstChild[state] === ROOT) this.#firstChild[state] = child
    else this.#children.set(state * STATES_MAX + stretch, child)
    return child
  }

  /** ROOT: there is none. */
  #child(state: number, stretch: number): number {
    const first = this.#firstChild[state]!
    if (first === ROOT || this.#stretch[first] === stretch) return first
    return this.#children.get(state * STATES_MAX + stretch) ?? ROOT
  }

  #step(from: number, stretch: number): number {
    for (let state = from; ; state = this.#back[state]!) {
      this.#work.steps += 1
      const child = this.#child(state, stretch)
      if (child !== ROOT || state === ROOT) return child
    }
  }

  /** Level by level, because the way back leads to a level that is nearer to the root. */
  #link(): void {
    for (const state of this.#byLevel()) {
      const parent = this.#parent[state]!
      const back = parent === ROOT ? ROOT : this.#step(this.#back[parent]!, this.#stretch[state]!)
      this.#back[state] = back
      const name = this.#ending[state]!
      if (name === NONE) this.#ending[state] = this.#ending[back]!
      else this.shorter[name] = this.#ending[back]!
    }
  }

  /** Every state but the root. */
  #byLevel(): Uint32Array {
    // A parent is always older than its child.
    const levels = new Uint32Array(this.#states)
    const starts = new Uint32Array(this.#states + 1)
    for (let state = 1; state < this.#states; state += 1) {
      const level = levels[this.#parent[state]!]! + 1
      levels[state] = level
      starts[level + 1]! += 1
    }
    for (let level = 1; level <= this.#states; level += 1) starts[level]! += starts[level - 1]!
    const ordered = new Uint32Array(this.#states - 1)
    for (let state = 1; state < this.#states; state += 1) {
      const level = levels[state]!
      ordered[starts[level]!] = state
      starts[level]! += 1
    }
    return ordered
  }
}

const ROOT = 0
const STRANGE = 0
const NONE = -1

/** State and stretch together, each below this, still make an exact number. */
const STATES_MAX = 2 ** 26

/** A character takes at most three bytes of UTF-8, or six as an escape. */
const CHARACTER_BYTES_MAX = 6

function stretchesOf(name: string): number {
  if (!isName(name)) {
    throw new RangeError(`the name ${JSON.stringify(name)} came, expected one like $name$`)
  }
  let count = 0
  for (let at = name.indexOf('$', 1); at !== -1; at = name.indexOf('$', at + 1)) count += 1
  return count
}
