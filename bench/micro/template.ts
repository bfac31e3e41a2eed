/**
 * node bench/micro/template.ts
 *
 * Templates and columns by themselves: what a batch costs to take in, and what
 * each of its entries costs to measure and to render; then the worst texts that
 * a body of 4 MB can hold. Prints the median of some runs, one line a figure.
 */
import { openColumns } from '../../server/src/template/columns.ts'
import { columnsOf } from '../../server/src/template/columns-of.ts'
import { compileTemplate } from '../../server/src/template/template.ts'
import { valuesOf } from '../../server/src/template/values.ts'

const ENTRIES = 5000
const BODY_BYTES = 4 * 1024 * 1024

const content = JSON.stringify({
  message: 'Hello $name$, your parcel $no$ is on its way. It left our house this morning.',
  extra: {
    orderNo: '$no$',
    links: ['https://shop.example/parcels/$no$', 'https://shop.example/help'],
    total: '$5 or more, shipping included; returns are free for 30 days',
  },
})
const fields = new Set(['message', 'extra'])

const parcels = Array.from({ length: ENTRIES }, (_, entry) => ({
  $name$: `Customer ${entry}`,
  $no$: `A-${10_000 + entry}`,
}))
const columns = columnsOf(parcels)
const template = compileTemplate(content, columns.names, { fields })
const target = Buffer.alloc(1024)

console.log(`a template of ${content.length} bytes, ${ENTRIES} entries with two names\n`)
perEntry('measure', (entry) => template.renderedBytes(columns.at(entry)))
perEntry('render into a buffer', (entry) => template.renderInto(columns.at(entry), target))
perEntry('render to a string', (entry) => template.render(columns.at(entry)).length)
perEntry('compile', () => compileTemplate(content, columns.names, { fields }).candidates)
perEntry('parse, replace and stringify, for comparison', (entry) => plainly(parcels[entry]!).length)

const wide = Array.from({ length: ENTRIES }, (_, entry) =>
  Object.fromEntries(
    Array.from({ length: 10 }, (_, name) => [`$name-${name}$`, `${entry}:${name}`]),
  ),
)
const special = wide.map((entry) =>
  Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, `"${value}" \u{1f600}`])),
)
const wideColumns = columnsOf(wide)
console.log(`\n${ENTRIES} entries with 10 names, ${wideColumns.bytes.length} bytes of columns\n`)
report('encode', 'ms', () => columnsOf(wide))
report('encode, every value with quotes and an emoji', 'ms', () => columnsOf(special))
report('open', 'ms', () => openColumns(wideColumns.bytes))
perEntry('a value as a string', (entry) => wideColumns.value(entry, 7)!.length)

console.log('\nbodies of 4 MB\n')
hostile('money everywhere, no name', '$5 or $6. ', 1, ['$name$'])
hostile('names everywhere', '$a$$b$', 1, ['$a$', '$b$'])
hostile('dollars, half of them one name', '$', 0.5, ['$'.repeat(BODY_BYTES / 2)])
hostile('10,000 names that almost match', '$a$b', 0.5, almost(10_000))

function almost(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `$${'a$b$'.repeat(index % 50)}${index}$`)
}

/** The text fills a part of the body. */
function hostile(what: string, unit: string, part: number, names: readonly string[]): void {
  const json = JSON.stringify(unit.repeat((BODY_BYTES * part) / unit.length))
  const compiled = compileTemplate(json, names)
  const values = valuesOf(() => 'x')
  report(`${what}: compile`, 'ms', () => compileTemplate(json, names), 5)
  report(`${what}: plan`, 'ms', () => compiled.renderedBytes(values), 1)
  report(`${what}: render`, 'ms', () => compiled.render(values), 5)
}

function plainly(variables: Readonly<Record<string, string>>): string {
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replace(/\$name\$|\$no\$/g, (name) => variables[name]!)
    }
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]))
  }
  return JSON.stringify(fill(JSON.parse(content)))
}

function perEntry(what: string, one: (entry: number) => number): void {
  const all = () => {
    let sum = 0
    for (let entry = 0; entry < ENTRIES; entry += 1) sum += one(entry)
    return sum
  }
  print(what, (median(all, 21) / ENTRIES) * 1e6, 'ns')
}

function report(what: string, unit: 'ms', run: () => unknown, runs = 21): void {
  print(what, median(run, runs), unit)
}

function median(run: () => unknown, runs: number): number {
  const times: number[] = []
  for (let count = 0; count < runs; count += 1) {
    const start = performance.now()
    run()
    times.push(performance.now() - start)
  }
  return times.sort((one, other) => one - other)[runs >> 1]!
}

function print(what: string, figure: number, unit: string): void {
  const digits = figure < 10 ? 2 : 0
  console.log(`${what.padEnd(52)}${figure.toFixed(digits).padStart(9)} ${unit}`)
}
