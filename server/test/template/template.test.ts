import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnsOf, type Variables } from '../../src/template/columns-of.ts'
import { isName } from '../../src/template/name-tree.ts'
import { compileTemplate } from '../../src/template/template.ts'
import { valuesOf } from '../../src/template/values.ts'
import { batch, numRuns, respelled, seed } from './generated.ts'
import { substituted } from './reference.ts'

/** Renders a template for one entry, and looks at the result as JSON. */
function rendered(content: unknown, variables: Variables, fields?: readonly string[]): unknown {
  const columns = columnsOf([variables])
  const options = fields === undefined ? {} : { fields: new Set(fields) }
  const template = compileTemplate(JSON.stringify(content), columns.names, options)
  return JSON.parse(template.render(columns.at(0)))
}

test(`every entry gets what the plain way gives (CARILLON_SEED=${seed})`, () => {
  const fields = fc.option(fc.uniqueArray(fc.constantFrom('message', 'extra', '__proto__')))
  const choices = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 })
  fc.assert(
    fc.property(batch, fields, choices, ({ content, entries }, chosen, spelling) => {
      const source = respelled(JSON.stringify(content), spelling)
      const columns = columnsOf(entries)
      const only = chosen === null ? undefined : new Set(chosen)
      const template = compileTemplate(source, columns.names, only ? { fields: only } : {})
      entries.forEach((variables, entry) => {
        const values = columns.at(entry)
        const text = template.render(values)
        const expected = substituted(JSON.parse(source), variables, only)
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(expected))
        expect(template.renderedBytes(values)).toBe(Buffer.byteLength(text))
        const plain = valuesOf((index) => variables[columns.names[index]!])
        expect(template.renderedBytes(plain)).toBe(Buffer.byteLength(text))
        expect(template.render(plain)).toBe(text)
      })
    }),
    { seed, numRuns },
  )
})

test('names are replaced wherever a string is a value', () => {
  const content = {
    message: 'Hello $name$, parcel $no$ is on its way to $name$',
    extra: { orderNo: '$no$', links: ['https://shop.example/o/$no$'], weight: 5, gift: null },
  }
  expect(rendered(content, { $name$: 'Ann', $no$: 'A-17' })).toEqual({
    message: 'Hello Ann, parcel A-17 is on its way to Ann',
    extra: { orderNo: 'A-17', links: ['https://shop.example/o/A-17'], weight: 5, gift: null },
  })
})

test('keys are left alone, in the fields that are templates too', () => {
  expect(rendered({ $a$: { $a$: '$a$' } }, { $a$: 'x' })).toEqual({ $a$: { $a$: 'x' } })
})

test('a key named __proto__ stays a key', () => {
  const source = '{"__proto__":{"to":"$a$"},"x":{"__proto__":"$a$"}}'
  const template = compileTemplate(source, ['$a$'])
  const values = valuesOf(() => 'b')
  expect(template.render(values)).toBe('{"__proto__":{"to":"b"},"x":{"__proto__":"b"}}')
})

test('fields that are not named are left alone, however deep', () => {
  const content = {
    message: '$a$',
    reply: { message: '$a$', extra: ['$a$'] },
    extra: { reply: '$a$', more: { reply: '$a$' } },
  }
  expect(rendered(content, { $a$: 'x' }, ['message', 'extra'])).toEqual({
    message: 'x',
    reply: { message: '$a$', extra: ['$a$'] },
    extra: { reply: 'x', more: { reply: 'x' } },
  })
})

test('a field is known however its key is spelled', () => {
  const options = { fields: new Set(['message']) }
  const template = compileTemplate('{"m\\u0065ssage" : "$a$","x":"$a$"}', ['$a$'], options)
  expect(template.render(valuesOf(() => 'b'))).toBe('{"m\\u0065ssage" : "b","x":"$a$"}')
})

test('what is not an object has no fields', () => {
  expect(rendered(['$a$'], { $a$: 'x' }, ['message'])).toEqual(['$a$'])
  expect(rendered([{ message: '$a$' }], { $a$: 'x' }, ['message'])).toEqual([{ message: '$a$' }])
})

test('a single string is a template', () => {
  expect(rendered('$a$, $b$', { $a$: '1', $b$: '2' })).toBe('1, 2')
})

test('a name without a value stays, and so does money', () => {
  expect(rendered('$5 or $name$ for $10', { $other$: 'x' })).toBe('$5 or $name$ for $10')
  expect(rendered('$5 or $name$ for $10', { $name$: 'a cat' })).toBe('$5 or a cat for $10')
})

test('the longest name wins, and a shorter one where the longest has no value', () => {
  const names = ['$a$', '$a$b$', '$b$c$']
  const template = compileTemplate('"$a$b$c$"', names)
  const render = (variables: Variables) =>
    JSON.parse(template.render(valuesOf((index) => variables[names[index]!])))
  expect(render({ $a$: '1', $a$b$: '2', $b$c$: '3' })).toBe('2c$')
  expect(render({ $a$: '1', $b$c$: '3' })).toBe('1b$c$')
  expect(render({ $b$c$: '3' })).toBe('$a3')
  expect(render({})).toBe('$a$b$c$')
})

test('a name may consist of dollars', () => {
  expect(rendered('$$$$$$$', { $$$: 'x' })).toBe('xx$')
  expect(rendered('$$$$$$$', { $$$: 'x', $$$$: 'y' })).toBe('yx')
})

test('what came in is not looked at again, and has no meaning', () => {
  const variables = { $a$: '$b$ $a$ $& $1 $$ $` \\u0024', $b$: 'x' }
  expect(rendered('$a$', variables)).toBe('$b$ $a$ $& $1 $$ $` \\u0024')
  expect(rendered('$a$$b$', { $a$: '$', $b$: 'b$' })).toBe('$b$')
})

test('no value breaks the JSON around it', () => {
  for (const value of ['"},{"', '\\', '\u0000\n\t\u007f', '\u2028', '😀', '\ud800', '\udc00']) {
    expect(rendered({ x: '>$a$<' }, { $a$: value })).toEqual({ x: `>${value}<` })
  }
})

test('halves of a surrogate pair that meet make a character, as in any text', () => {
  expect(rendered('$a$$b$', { $a$: '\ud83d', $b$: '\ude00' })).toBe('😀')
  const template = compileTemplate('"\ud83d$a$\ude00"', ['$a$'])
  expect(JSON.parse(template.render(valuesOf(() => '')))).toBe('😀')
})

test('an escaped dollar is a dollar, after an escaped backslash it is not', () => {
  const template = compileTemplate('"\\u0024a\\u0024 \\\\u0024a$"', ['$a$'])
  expect(JSON.parse(template.render(valuesOf(() => 'x')))).toBe('x \\u0024a$')
})

test('names do not reach from one string into the next', () => {
  expect(rendered(['$a', 'b$'], { '$a","b$': 'x', $a$: 'y' })).toEqual(['$a', 'b$'])
  expect(rendered(['$a$', '$b$'], { $a$$b$: 'x', $b$: 'z' })).toEqual(['$a$', 'z'])
})

test('rendering into a buffer writes the same bytes, and never past its end', () => {
  const template = compileTemplate('{"é":"$a$"}', ['$a$'])
  const values = valuesOf(() => 'ü"')
  const expected = Buffer.from('{"é":"ü\\""}')
  const target = Buffer.alloc(expected.length + 3, '.')
  expect(template.renderInto(values, target, 2)).toBe(expected.length + 2)
  expect(target.toString()).toBe(`..${expected.toString()}.`)
  expect(() => template.renderInto(values, target, 4)).toThrow('do not fit at 4')
})

test('more sets of names than plans are kept for are rendered alike', () => {
  const names = Array.from({ length: 100 }, (_, index) => `$${index}$`)
  // Each lacks one name of its own, and now and then some others.
  const entries = Array.from({ length: 300 }, (_, entry) => {
    const has = names.filter((_, index) => index !== entry % 100 && (index * entry) % 7 !== 1)
    return Object.fromEntries(has.map((name) => [name, `${entry}`]))
  })
  const content = names.join(' ')
  const columns = columnsOf(entries)
  const template = compileTemplate(JSON.stringify(content), columns.names)
  entries.forEach((variables, entry) => {
    const text = JSON.parse(template.render(columns.at(entry)))
    expect(text).toBe(substituted(content, variables))
  })
})

test('without names the text is given back byte by byte', () => {
  const source = '{ "a" : "$x$" , "b":1.0e+2}'
  expect(compileTemplate(source, []).render(valuesOf(() => undefined))).toBe(source)
})

test('a name has a dollar at both ends and something between them', () => {
  expect(['$a$', '$ $', '$$$', '$$$$'].every(isName)).toBe(true)
  expect(['', '$', '$$', 'a', '$a', 'a$', 'receiver'].some(isName)).toBe(false)
})

test('what cannot be a template is refused by name', () => {
  expect(() => compileTemplate('""', ['a'])).toThrow('the name "a" came, expected one like $name$')
  expect(() => compileTemplate('""', ['$a$', '$b$', '$a$'])).toThrow('the name $a$ came twice')
  expect(() => compileTemplate('{"a":"$x$}', ['$x$'])).toThrow('within the string that begins at 6')
  expect(() => compileTemplate('"$\\x$"', ['$x$'])).toThrow(SyntaxError)
})
