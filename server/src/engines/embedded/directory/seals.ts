/**
 * A number that says whether a row is what was written. SQLite checks how a
 * file is built, not what it says; and an id with a wrong letter would send
 * messages to somebody else.
 *
 * Each step is reversible in both of what it joins, so any single change of a byte or a character
 * always changes the seal; more of them go unseen once in four thousand million times.
 */
const FACTOR = 0x9e3779b1

/** Of an account's number and its id, as UTF-8 bytes [from, to). Neither ever changes. */
export function sealOfId(number: number, bytes: Uint8Array, from: number, to: number): number {
  let seal = step(to - from, number)
  for (let at = from; at < to; at += 1) seal = step(seal, bytes[at]!)
  return seal
}

/** Of what else stands in a row: text, whole numbers and nothing. */
export function sealOf(...values: (string | number | null)[]): number {
  let seal = 0
  for (const value of values) {
    if (value === null) seal = step(seal, NOTHING)
    else if (typeof value === 'string') seal = sealText(seal, value)
    else seal = step(step(seal, value | 0), Math.floor(value / 2 ** 32))
  }
  return seal
}

/** No text has this length. */
const NOTHING = -1

function sealText(before: number, text: string): number {
  if (text === '') return step(before, 0)
  // As SQLite keeps it: in UTF-8, which has no lone surrogates.
  const kept = text.toWellFormed()
  let seal = step(before, kept.length)
  for (let at = 0; at < kept.length; at += 1) seal = step(seal, kept.charCodeAt(at))
  return seal
}

function step(seal: number, value: number): number {
  const joined = Math.imul(seal ^ value, FACTOR)
  return joined ^ (joined >>> 15)
}
