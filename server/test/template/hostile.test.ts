/**
 * Templates, names and values that were made to be slow. Work is counted in
 * steps, and held against the size of what came in and went out.
 */
import { expect, test } from 'vitest'
import { columnsOf, type Variables } from '../../src/template/columns-of.ts'
import { compileTemplate } from '../../src/template/template.ts'
import { valuesOf } from '../../src/template/values.ts'

const MEGABYTE = 1_000_000

/** Compiles and renders for one entry that has all names but the ones left out. */
function measure(text: string, names: readonly string[], value: string, lacks = -1) {
  const work = { steps: 0 }
  const source = JSON.stringify(text)
  const template = compileTemplate(source, names, { work })
  const values = valuesOf((name) => (name === lacks ? undefined : value))
  const renderedBytes = template.renderedBytes(values)
  const output = template.render(values)
  expect(Buffer.byteLength(output)).toBe(renderedBytes)
  const nameCharacters = names.reduce((sum, name) => sum + name.length, 0)
  return { output, size: source.length + nameCharacters + renderedBytes, steps: work.steps }
}

test('a text of dollars, and one long name of dollars', () => {
  const name = '$'.repeat(MEGABYTE / 2)
  const { output, size, steps } = measure('$'.repeat(MEGABYTE), [name], 'x')
  expect(output).toBe('"xx"')
  expect(steps).toBeLessThan(size * 6)
})

test('a name that fails at its very end, over and over', () => {
  const name = `$${'$'.repeat(1000)}x$`
  const { output, size, steps } = measure('$'.repeat(MEGABYTE), [name], 'x')
  expect(output.length).toBe(MEGABYTE + 2)
  expect(steps).toBeLessThan(size * 6)
})

test('names that all begin one another, the longest of which have no value', () => {
  const names = Array.from({ length: 1000 }, (_, index) => '$'.repeat(index + 3))
  const work = { steps: 0 }
  const source = JSON.stringify('$'.repeat(MEGABYTE))
  const template = compileTemplate(source, names, { work })
  const values = valuesOf((name) => (name === 0 ? 'x' : undefined))
  expect(template.render(values)).toBe(`"${'x'.repeat((MEGABYTE - 1) / 3)}$"`)
  expect(work.steps).toBeLessThan(8 * (source.length + (1000 * 1000) / 2))
})

test('names that overlap in the text at every dollar', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `$a${index}$a${index + 1}$`)
  const text = Array.from({ length: 10_001 }, (_, index) => `$a${index}`).join('')
  const { size, steps } = measure(`${text}$`, names, '')
  expect(steps).toBeLessThan(size * 6)
})

test('10,000 names, of which the template has two', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `$name-${index}$`)
  const work = { steps: 0 }
  const template = compileTemplate('"Hello $name-17$, $name-9999$, $name-10000$"', names, { work })
  const values = valuesOf((name) => `<${name}>`)
  expect(template.render(values)).toBe('"Hello <17>, <9999>, $name-10000$"')
  const compiled = work.steps
  for (let entry = 0; entry < 5000; entry += 1) template.renderedBytes(values)
  expect(work.steps - compiled).toBeLessThan(5000 * 10)
})

test('4 MB of text in which nothing is found', () => {
  const { output, size, steps } = measure('$no '.repeat(MEGABYTE), ['$name$', '$no $x$'], 'x')
  expect(output.length).toBe(4 * MEGABYTE + 2)
  expect(steps).toBeLessThan(size * 6)
})

test('sizes of 5,000 entries cost by names, not by holes', () => {
  const work = { steps: 0 }
  const template = compileTemplate(JSON.stringify('$a$$b$'.repeat(100_000)), ['$a$', '$b$'], {
    work,
  })
  const values = valuesOf(() => 'four')
  expect(template.renderedBytes(values)).toBe(2 + 4 * 200_000)
  const compiled = work.steps
  for (let entry = 0; entry < 5000; entry += 1) template.renderedBytes(values)
  expect(work.steps - compiled).toBeLessThan(5000 * 10)
})

test('a new set of names for each entry costs one pass over the candidates', () => {
  const names = Array.from({ length: 12 }, (_, index) => `$${index}$`)
  const text = names.join('').repeat(100)
  const work = { steps: 0 }
  const template = compileTemplate(JSON.stringify(text), names, { work })
  expect(template.candidates).toBe(1200)
  const compiled = work.steps
  for (let set = 0; set < 4096; set += 1) {
    template.renderedBytes(valuesOf((name) => ((set >> name) & 1 ? '' : undefined)))
  }
  expect(work.steps - compiled).toBeLessThan(4096 * 1300)
})

test('a few kept plans answer for sets that take turns', () => {
  const work = { steps: 0 }
  const template = compileTemplate(JSON.stringify('$a$$b$'.repeat(1000)), ['$a$', '$b$'], { work })
  const sets = [0, 1, 2, 3].map((set) => valuesOf((name) => ((set >> name) & 1 ? 'x' : undefined)))
  for (const values of sets) template.renderedBytes(values)
  const planned = work.steps
  for (let turn = 0; turn < 1000; turn += 1) template.renderedBytes(sets[turn % 4]!)
  expect(work.steps - planned).toBeLessThan(1000 * 5)
})

test('kept plans are 64 at most, and have 65,536 holes together', () => {
  /** How many of the sets are planned again when they come a second time, in the same order. */
  function plannedAgain(text: string, sets: number): number {
    const names = Array.from({ length: 7 }, (_, index) => `$${index}$`)
    const work = { steps: 0 }
    const template = compileTemplate(JSON.stringify(text), names, { work })
    const measureAll = () =>
      Array.from({ length: sets }, (_, set) => {
        const before = work.steps
        template.renderedBytes(valuesOf((name) => (((set + 1) >> name) & 1 ? 'x' : undefined)))
        return work.steps - before
      })
    measureAll()
    return measureAll().filter((steps) => steps > template.candidates).length
  }

  const allNames = '$0$$1$$2$$3$$4$$5$$6$'
  expect(plannedAgain(allNames.repeat(10), 64)).toBe(0)
  expect(plannedAgain(allNames.repeat(10), 100)).toBe(36)
  expect(plannedAgain('$0$'.repeat(40_000), 1)).toBe(0)
  // One plan of 40,000 holes is kept, the second is not; sets that lack the name have no holes.
  expect(plannedAgain('$0$$1$'.repeat(40_000), 2)).toBe(1)
})

test('5,000 entries, each with two names that no other has', () => {
  const entries: Variables[] = Array.from({ length: 5000 }, (_, entry) => ({
    [`$a${entry}$`]: `${entry}`,
    [`$b${entry}$`]: `${-entry}`,
  }))
  const columns = columnsOf(entries)
  expect(columns.names.length).toBe(10_000)
  // Each column says where its only value is, and does not list those who have none.
  expect(columns.bytes.length).toBeLessThan(10_000 * 40)
  const template = compileTemplate('"$a4999$ $b4999$ $a0$"', columns.names)
  expect(template.render(columns.at(4999))).toBe('"4999 -4999 $a0$"')
  expect(template.render(columns.at(0))).toBe('"$a4999$ $b4999$ 0"')
})

test('keys, brackets and strings nested 100,000 deep', () => {
  const source = `${'[{"$a$":'.repeat(50_000)}"$a$"${'}]'.repeat(50_000)}`
  const text = compileTemplate(source, ['$a$']).render(valuesOf(() => 'x'))
  expect(text).toBe(`${'[{"$a$":'.repeat(50_000)}"x"${'}]'.repeat(50_000)}`)
})
