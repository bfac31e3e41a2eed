/** Bodies of JSON as nobody writes them, for whatever reads JSON from bytes. */
import type { Random } from './random.ts'

/** The key with one of its characters as an escape. */
function escapedKey(name: string, random: Random): string {
  const at = random.below(name.length)
  const code = name.charCodeAt(at).toString(16).padStart(4, '0')
  return `"${name.slice(0, at)}\\u${code}${name.slice(at + 1)}"`
}

/** Up to three changes: a few bytes changed, taken out or put in, `piece` put in, or parts of the body put elsewhere. */
export function mutated(body: Buffer, random: Random, piece: string): Buffer {
  const bytes = [...body]
  const interesting = [...Buffer.from('"\\[]{},: \n\ttTfn0-.e'), 0, 0x1f, 0x7f, 0x80, 0xc3, 0xff]
  for (let count = random.below(4); count > 0; count -= 1) {
    const at = random.below(bytes.length + 1)
    const kind = random.below(6)
    if (kind === 0) bytes.splice(at, 1)
    if (kind === 1) bytes.splice(at, 0, random.pick(interesting))
    if (kind === 2) bytes[Math.min(at, bytes.length - 1)] = random.pick(interesting)
    if (kind === 3) bytes.splice(at, random.below(20))
    if (kind === 4) bytes.splice(at, 0, ...Buffer.from(piece))
    if (kind === 5) bytes.splice(random.below(bytes.length + 1), 0, ...bytes.slice(at, at + 30))
  }
  return Buffer.from(bytes)
}

/** An object of JSON with these fields, of which a name may come again; spelled in one of many ways. */
export function spelledBody(fields: readonly [string, unknown][], random: Random): string {
  const space = random.pick(['', '', ' ', '\n\t', '\r\n'])
  const pairs = fields.map(([name, value]) => {
    const key = random.below(12) === 0 ? escapedKey(name, random) : JSON.stringify(name)
    return `${key}${space}:${space}${JSON.stringify(value, null, random.below(3))}`
  })
  const bom = random.below(10) === 0 ? '\ufeff' : ''
  return `${bom}${space}{${space}${pairs.join(`${space},${space}`)}${space}}${space}`
}
