/**
 * Ids of 32 lower-case hex digits as four words: so they are kept in columns, and written without
 * a string. Nearly all ids of rooms are such, for that is what is derived for a pair.
 */
export const HEX_WORDS = 4

const DIGITS_PER_WORD = 8

/** Reads an id into the words from `at` on. False: it is another, and what they hold means nothing. */
export function readHexWords(id: string, into: Int32Array, at: number): boolean {
  if (id.length !== HEX_WORDS * DIGITS_PER_WORD) return false
  for (let digit = 0; digit < id.length; digit += 1) {
    const value = VALUES[id.charCodeAt(digit)] ?? NO_DIGIT
    if (value === NO_DIGIT) return false
    const word = at + Math.floor(digit / DIGITS_PER_WORD)
    into[word] = (into[word]! << 4) | value
  }
  return true
}

/** Writes the digits of the words from `from` on into `into` from `at` on. */
export function putHexWords(into: Buffer, at: number, words: Int32Array, from: number): void {
  for (let word = from; word < from + HEX_WORDS; word += 1, at += DIGITS_PER_WORD) {
    const bits = words[word]!
    putByte(into, at, bits >>> 24)
    putByte(into, at + 2, (bits >>> 16) & 255)
    putByte(into, at + 4, (bits >>> 8) & 255)
    putByte(into, at + 6, bits & 255)
  }
}

function putByte(into: Buffer, at: number, byte: number): void {
  const pair = PAIRS[byte]!
  into[at] = pair
  into[at + 1] = pair >>> 8
}

const DIGITS = Buffer.from('0123456789abcdef')

/** By byte, its two digits. Every copy writes sixteen of them: digit by digit takes twice as long. */
const PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  return DIGITS[byte >>> 4]! | (DIGITS[byte & 15]! << 8)
})

const NO_DIGIT = 255

/** By character code, what a digit is worth. */
const VALUES = new Uint8Array(128).fill(NO_DIGIT)
for (const [value, code] of DIGITS.entries()) VALUES[code] = value
