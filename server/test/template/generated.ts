/** Templates, names and values for property tests, biased to what overlaps. */
import fc from 'fast-check'
import type { Variables } from '../../src/template/columns-of.ts'
import { isName } from '../../src/template/name-tree.ts'

export const seed = Number(process.env.CARILLON_SEED ?? Date.now() % 2 ** 31)
export const numRuns = Number(process.env.CARILLON_RUNS ?? 400)

/** Few pieces, so that names begin, end and contain one another. */
const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constant('$') },
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'ab') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('é', '😀', '\ud83d', '\ude00', '"', '\\', '\n', '\u0000', '\u2028'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('$&', '$1', '$$', '\\u0024', '%', '.', '(', '__proto__'),
  },
)

/** Text of pieces, and of names, whole or without their last dollar, if there are any. */
function textWith(names: readonly string[]): fc.Arbitrary<string> {
  const part =
    names.length === 0
      ? piece
      : fc.oneof(piece, fc.constantFrom(...names, ...names.map((name) => name.slice(0, -1))))
  return fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''))
}

const name = fc
  .array(piece, { minLength: 1, maxLength: 4 })
  .map((pieces) => `$${pieces.join('')}$`)
  .filter(isName)

/** Entries that have some of the names of their batch each. */
export const entries = fc.uniqueArray(name, { maxLength: 8 }).chain(entriesWith)

/** A template, and entries whose names may be in it. */
export const batch = fc
  .uniqueArray(name, { maxLength: 8 })
  .chain((names) => fc.record({ content: jsonWith(names), entries: entriesWith(names) }))

function entriesWith(names: readonly string[]): fc.Arbitrary<Variables[]> {
  const value = fc.option(textWith(names), { freq: 3 })
  const variables = fc
    .tuple(...names.map((key) => value.map((text) => [key, text] as const)))
    .map((pairs) => Object.fromEntries(pairs.filter((pair) => pair[1] !== null)) as Variables)
  return fc.array(variables, { minLength: 1, maxLength: 6 })
}

function jsonWith(names: readonly string[]): fc.Arbitrary<unknown> {
  const text = textWith(names)
  const key = fc.oneof(fc.constantFrom('message', 'extra', '__proto__', 'é', '0'), text)
  const leaf = fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, 0, -1.5, 1e300, '') },
  )
  return fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, leaf, tie('array'), tie('object')),
    array: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
  })).value
}

/** The same JSON, with some characters of strings and keys as escapes, and some space between tokens. */
export function respelled(compact: string, choices: readonly boolean[]): string {
  let next = 0
  const choose = () => choices[next++ % choices.length] === true
  let inString = false
  let spelled = ''
  for (let at = 0; at < compact.length; at += 1) {
    const character = compact[at]!
    if (inString && character === '\\') {
      const escaped = compact.slice(at, at + (compact[at + 1] === 'u' ? 6 : 2))
      spelled += escaped
      at += escaped.length - 1
    } else if (character === '"') {
      inString = !inString
      spelled += character
    } else if (inString && choose()) {
      spelled += `\\u${compact.charCodeAt(at).toString(16).padStart(4, '0')}`
    } else {
      spelled += character
      if (!inString && ',:{['.includes(character) && choose()) spelled += ' \n'
    }
  }
  return spelled
}
