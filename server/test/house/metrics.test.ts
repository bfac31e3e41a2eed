import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMetrics } from '../../src/api/ops/metrics.ts'

const page = join(import.meta.dirname, '../../../docs/operating/metrics.md')

test('docs/operating/metrics.md tells of every metric, its labels and its kind', async () => {
  const metrics = createMetrics()
  const nothing = () => 0
  metrics.watch({
    accounts: nothing,
    conversations: nothing,
    copies: nothing,
    indexBytes: nothing,
    journalBytes: nothing,
    diskBytesFree: nothing,
    terminals: nothing,
    terminalWrites: nothing,
    devices: nothing,
    lanes: () => [],
  })
  const measured = metrics.registry
    .getMetricsAsArray()
    .map((metric) => `${metric.name}${labelsOf(metric)} ${metric.type}`)
    .filter((line) => line.startsWith('carillon_'))
  expect(documented().sort()).toEqual(measured.sort())
})

function documented(): string[] {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `(carillon_[^`]+)` \| (\w+) \|/gm)
  return [...rows].map(([, name, kind]) => `${name} ${kind}`)
}

function labelsOf(metric: object): string {
  const { labelNames } = metric as { labelNames: readonly string[] }
  return labelNames.length === 0 ? '' : `{${labelNames.join(',')}}`
}
