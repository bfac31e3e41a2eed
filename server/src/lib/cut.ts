/** A reader sees one character where several code points make it: 👩‍🚀, é. */
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** What is longer than this is no character that anybody draws, and may be cut. */
const CHARACTER_UNITS_MAX = 64

/**
 * The text or, when that does not fit, as much of its beginning as does, and an ellipsis.
 * Null: nothing fits. Whatever is shorter than what fits has to fit too.
 */
export function cutToFit(text: string, fits: (text: string) => boolean): string | null {
  if (fits(text)) return text
  if (!fits('')) return null
  let least = 0
  let most = text.length
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (fits(`${text.slice(0, middle)}…`)) least = middle
    else most = middle - 1
  }
  const end = boundaryBefore(text, least)
  return end === 0 ? '' : `${text.slice(0, end).trimEnd()}…`
}

function boundaryBefore(text: string, end: number): number {
  const start = Math.max(0, end - CHARACTER_UNITS_MAX)
  const around = text.slice(start, end + CHARACTER_UNITS_MAX)
  const character = characters.segment(around).containing(end - start)
  if (character && (character.index > 0 || start === 0)) return start + character.index
  return isInsidePair(text, end) ? end - 1 : end
}

function isInsidePair(text: string, end: number): boolean {
  return end > 0 && text.codePointAt(end - 1)! > 0xffff
}
