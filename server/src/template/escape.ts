/**
 * Text as it stands between the quotes of a JSON string. A value is escaped
 * once, when its batch is accepted; rendering then only copies bytes.
 */

// Halves of surrogate pairs are taken for special even where they make a pair: between two texts
// that are looked at as one, halves could meet that do not belong together.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/

/** Whether `escapeText` may change the text. */
export function hasSpecial(text: string): boolean {
  return SPECIAL.test(text)
}

/** The result is well-formed: half of a surrogate pair becomes an escape, which UTF-8 can carry. */
export function escapeText(text: string): string {
  return SPECIAL.test(text) ? JSON.stringify(text).slice(1, -1) : text
}

/** The text that JSON means. Throws SyntaxError. */
export function unescapeText(escaped: string): string {
  return escaped.includes('\\') ? (JSON.parse(`"${escaped}"`) as string) : escaped
}
