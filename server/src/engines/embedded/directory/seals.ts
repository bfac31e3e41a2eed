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

/** Of what else stands in a row, text and whole numbers. */
export function sealOf(...values: (string | number)[]): number {
  let seal = 0
  for (const value of values) {
    if (typeof value === 'number') {
      seal = step(step(seal, value | 0), Math.floor(value / 2 ** 32))
      continue
    }
    seal = step(seal, value.length)
    for (let at = 0; at < value.length; at += 1) seal = step(seal, value.charCodeAt(at))
  }
  return seal
}

function step(seal: number, value: number): number {
  const joined = Math.imul(seal ^ value, FACTOR)
  return joined ^ (joined >>> 15)
}
