import { escapeText } from './escape.ts'

/** What one entry of a batch has for the names of the template, by the index of the name. */
export interface Values {
  /** Bytes of the value, as UTF-8 between the quotes of a JSON string; -1: the entry has none. */
  bytes(name: number): number

  /** Writes these bytes into `target` from `at` on, and gives the offset after them. */
  put(name: number, target: Buffer, at: number): number
}

/** The same from plain strings, for who has no columns. */
export function valuesOf(lookUp: (name: number) => string | undefined): Values {
  return {
    bytes(name) {
      const value = lookUp(name)
      return value === undefined ? -1 : Buffer.byteLength(escapeText(value))
    },
    put(name, target, at) {
      return at + target.write(escapeText(lookUp(name)!), at)
    },
  }
}
