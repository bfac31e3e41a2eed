/**
 * Patterns of `$regex`: characters, `.`, `\d` and its like, classes such as
 * `[a-z]`, each with `*`, `+` or `?`, alternatives at the top, and `^` and `$` around
 * them. Groups and counts are refused. All states are followed at once, so that matching takes a
 * step for each character of the text and each one of the pattern, whoever wrote it.
 */
export type Pattern = (text: string) => boolean

const PATTERN_CHARACTERS_MAX = 256
/** Of a longer text only so much is looked at. */
const TEXT_CHARACTERS_MAX = 1024

/** Throws SyntaxError for a pattern that is none of these. */
export function compilePattern(source: string, ignoresCase: boolean): Pattern {
  if (source.length > PATTERN_CHARACTERS_MAX) {
    throw new SyntaxError(`it has more than ${PATTERN_CHARACTERS_MAX} characters`)
  }
  const alternatives = splitAlternatives(source).map((part) => compileSequence(part, ignoresCase))
  return (text) => {
    const characters = Array.from(text.slice(0, TEXT_CHARACTERS_MAX))
    return alternatives.some((sequence) => matches(sequence, characters))
  }
}

/** Steps that follow one another. */
interface Sequence {
  steps: readonly Step[]
  isAtStart: boolean
  isAtEnd: boolean
}

interface Step {
  accepts(character: string): boolean
  mayBeAbsent: boolean
  mayRepeat: boolean
}

const TOKEN = /(\\.|\[\^?(?:\\.|[^\]\\])+\]|[^\\[\](){}|*+?^$])([*+?]?)/suy

function splitAlternatives(source: string): string[] {
  const parts = ['']
  for (const [token] of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[\s\S]/gsu)) {
    if (token === '|') parts.push('')
    else parts[parts.length - 1] += token
  }
  return parts
}

function compileSequence(source: string, ignoresCase: boolean): Sequence {
  const isAtStart = source.startsWith('^')
  const isAtEnd = /(^|[^\\])(\\\\)*\$$/s.test(source)
  const body = source.slice(isAtStart ? 1 : 0, isAtEnd ? -1 : undefined)
  const steps: Step[] = []
  for (let at = 0; at < body.length; ) {
    TOKEN.lastIndex = at
    const [token, atom, count] = TOKEN.exec(body) ?? []
    if (token === undefined || atom === undefined) {
      throw new SyntaxError(`${JSON.stringify(body.slice(at, at + 10))} is not supported`)
    }
    at += token.length
    steps.push({
      accepts: compileAtom(atom, ignoresCase),
      mayBeAbsent: count === '*' || count === '?',
      mayRepeat: count === '*' || count === '+',
    })
  }
  return { steps, isAtStart, isAtEnd }
}

/** A test of one character takes a bounded time, whatever a class says. */
function compileAtom(atom: string, ignoresCase: boolean): Step['accepts'] {
  // What is escaped and no letter or digit means itself.
  const source = atom.replace(/^\\(?=[^\w^$\\.*+?()[\]{}|/])/, '')
  const test = new RegExp(`^${source}$`, ignoresCase ? 'sui' : 'su')
  return (character) => test.test(character)
}

function matches({ steps, isAtStart, isAtEnd }: Sequence, characters: readonly string[]): boolean {
  /** By number: so many steps are done. */
  let states = reach(new Uint8Array(steps.length + 1), 0, steps)
  for (const character of characters) {
    if (states[steps.length] === 1 && !isAtEnd) return true
    const next = new Uint8Array(steps.length + 1)
    steps.forEach(({ accepts, mayRepeat }, i) => {
      if (states[i] === 0 && !(mayRepeat && states[i + 1] === 1)) return
      if (accepts(character)) reach(next, i + 1, steps)
    })
    states = isAtStart ? next : reach(next, 0, steps)
  }
  return states[steps.length] === 1
}

/** After `done` steps, and after those that may be absent behind them. */
function reach(states: Uint8Array, done: number, steps: readonly Step[]): Uint8Array {
  for (let at = done; states[at] === 0; at += 1) {
    states[at] = 1
    if (!steps[at]?.mayBeAbsent) break
  }
  return states
}
