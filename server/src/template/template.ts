/**
 * A template: a JSON value with names like `$name$` in its strings, written
 * once for a batch, and rendered for each entry with that entry's values.
 *
 *   compile   json, names ─▶ stops ─▶ candidates               once a batch
 *   plan      candidates, which names an entry has ─▶ plan     once a set of names
 *   render    plan, values ─▶ JSON text                        once an entry
 *
 * Promises:
 *
 *   1. Names are found in string values alone, at any depth, never in keys. In
 *      one pass from left to right, the longest name that the entry has a value for wins at
 *      its dollar; text that came in is not looked at again; a name without a value stays.
 *   2. What is rendered is JSON text of the same shape, whatever the values hold.
 *   3. Compiling takes a time linear in the template and the names (and sorts those it found),
 *      a plan one linear in the candidates and the names found, rendering one linear in what
 *      comes out and the holes.
 *      `renderedBytes` takes a step for each name found, not for each hole.
 *   4. Bytes that are not part of a name are copied as they are.
 *
 * Entries of a batch mostly have the same names, so plans are kept: up to
 * 64 and 65,536 holes together, and always the last. What is over that is planned again
 * for each change of the set, which is slower and gives the same.
 */
import { type Candidates, findCandidates } from './candidates.ts'
import { copyBytes } from './copy.ts'
import { escapeText } from './escape.ts'
import { NameTree } from './name-tree.ts'
import { makePlan, type Plan } from './plan.ts'
import { findStops } from './stops.ts'
import type { Values } from './values.ts'
import type { Work } from './work.ts'

export interface TemplateOptions {
  /** Which fields of the object at the top are templates; left out: everything is one. */
  fields?: ReadonlySet<string>
  /** Adds up what is done for this template. */
  work?: Work
}

/**
 * `json` is JSON text of any value, a single string too. It has been parsed by whoever took it and
 * is not checked again; only a string without end, or a broken escape where a name might be, is a
 * SyntaxError. Throws RangeError for a name that is not like `$name$`, or that came twice.
 */
export function compileTemplate(
  json: string,
  names: readonly string[],
  { fields, work = { steps: 0 } }: TemplateOptions = {},
): Template {
  const source = Buffer.from(json.isWellFormed() ? json : wellFormed(json))
  const tree = new NameTree(names, work)
  const stops = names.length === 0 ? new Uint32Array() : findStops(source, fields ?? null, work)
  return new Template(source, findCandidates(source, stops, tree), work)
}

export class Template {
  readonly #source: Buffer
  readonly #candidates: Candidates
  readonly #work: Work
  readonly #plans = new Map<string, Plan>()
  #holesKept = 0
  #lastKey = ''
  #lastPlan: Plan | null = null

  constructor(source: Buffer, candidates: Candidates, work: Work) {
    this.#source = source
    this.#candidates = candidates
    this.#work = work
  }

  /** Where values may go at most; what a plan takes grows with it. */
  get candidates(): number {
    return this.#candidates.slots.length
  }

  /** No rendered text has more bytes, as UTF-8, when no value has more than so many. */
  renderedBytesMax(valueBytesMax: number): number {
    return this.#source.length + this.candidates * valueBytesMax
  }

  /** How long the JSON text is for these values, as UTF-8. */
  renderedBytes(values: Values): number {
    return this.#bytes(this.#planOf(values), values)
  }

  /** The JSON text. A few short strings can make it very long: ask `renderedBytes` before. */
  render(values: Values): string {
    const plan = this.#planOf(values)
    const target = Buffer.allocUnsafe(this.#bytes(plan, values))
    this.#write(plan, values, target, 0)
    return target.toString()
  }

  /** Writes the JSON text as UTF-8, and gives the offset after it. RangeError: there is no room. */
  renderInto(values: Values, target: Buffer, at = 0): number {
    const plan = this.#planOf(values)
    const bytes = this.#bytes(plan, values)
    if (at + bytes > target.length) {
      throw new RangeError(`${bytes} bytes do not fit at ${at} in a buffer of ${target.length}`)
    }
    return this.#write(plan, values, target, at)
  }

  #bytes({ literalBytes, tally }: Plan, values: Values): number {
    let bytes = literalBytes
    for (const { name, holes } of tally) bytes += holes * values.bytes(name)
    this.#work.steps += tally.length
    return bytes
  }

  #write({ starts, ends, names }: Plan, values: Values, target: Buffer, from: number): number {
    const source = this.#source
    let at = from
    let literal = 0
    for (let hole = 0; hole < names.length; hole += 1) {
      at = copyBytes(source, literal, starts[hole]!, target, at)
      at = values.put(names[hole]!, target, at)
      literal = ends[hole]!
    }
    at = copyBytes(source, literal, source.length, target, at)
    this.#work.steps += names.length + at - from
    return at
  }

  #planOf(values: Values): Plan {
    const key = this.#keyOf(values)
    if (this.#lastPlan !== null && key === this.#lastKey) return this.#lastPlan
    const plan = this.#plans.get(key) ?? this.#newPlan(key, values)
    this.#lastKey = key
    this.#lastPlan = plan
    return plan
  }

  /** A bit for each name found: whether there is a value. */
  #keyOf(values: Values): string {
    const { names } = this.#candidates
    let key = ''
    let bits = 1
    for (let slot = 0; slot < names.length; slot += 1) {
      bits = (bits << 1) | (values.bytes(names[slot]!) === -1 ? 0 : 1)
      if (bits < 0x8000) continue
      key += String.fromCharCode(bits)
      bits = 1
    }
    this.#work.steps += names.length
    return key + String.fromCharCode(bits)
  }

  #newPlan(key: string, values: Values): Plan {
    const { names } = this.#candidates
    const has = new Uint8Array(names.length)
    for (let slot = 0; slot < names.length; slot += 1) {
      if (values.bytes(names[slot]!) !== -1) has[slot] = 1
    }
    const plan = makePlan(this.#source, this.#candidates, has, this.#work)
    const holes = plan.names.length
    if (this.#plans.size < PLANS_MAX && this.#holesKept + holes <= HOLES_KEPT_MAX) {
      this.#plans.set(key, plan)
      this.#holesKept += holes
    }
    return plan
  }
}

const PLANS_MAX = 64
const HOLES_KEPT_MAX = 65_536

/** The same JSON with halves of surrogate pairs as escapes. Valid JSON has them in strings only. */
function wellFormed(json: string): string {
  return json.replace(/\p{Surrogate}/gu, escapeText)
}
