/**
 * node bench/micro/messages-batch.ts [--accounts 1000000] [--rounds 2000]
 *
 * What the IMKIT door itself spends on the entries of a batch of 500 with two
 * values each, until they are numbers and columns; without HTTP and without
 * storing. Prints µs a call scanned from the bytes, and with plain JSON.parse.
 */
import { parseArgs } from 'node:util'
import { listOf, parseParas } from '../../server/src/api/imkit/batch/paras.ts'
import { scanParas } from '../../server/src/api/imkit/batch/scan-paras.ts'
import { parseBody } from '../../server/src/api/imkit/body.ts'
import type { Fields } from '../../server/src/api/imkit/fields.ts'
import type { Variables } from '../../server/src/template/columns-of.ts'
import { columnsOf } from '../../server/src/template/columns-of.ts'
import { quickestUs, randomIds, withFullDirectory } from '../lib/full-directory.ts'

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '2000' },
  },
})
const accounts = Number(values.accounts)
const rounds = Number(values.rounds)
const ENTRIES = 500
const BODIES = 256

await withFullDirectory(accounts, (directory) => {
  const bodies = Array.from({ length: BODIES }, (_, i) => bodyOf(i))
  const measure = (parse: (body: Buffer) => Fields) =>
    quickestUs(rounds, (round) => {
      const list = listOf(parse(bodies[round % BODIES]!), ENTRIES)
      const { entries, variables } = parseParas(list, 'platform', directory)
      if (Array.isArray(variables)) columnsOf(variables as Variables[])
      if (entries.strangers.size > 0) throw new Error('a receiver was not found')
    })
  const scan = (body: Buffer) => {
    const fields = scanParas(body, ENTRIES, directory)
    if (fields === null) throw new Error('a body was not scanned')
    return fields
  }
  console.log(`${accounts} accounts, ${ENTRIES} entries, ${bodies[0]!.length} bytes a body`)
  console.log(`scanned      ${measure(scan).toFixed(1)} µs a call`)
  console.log(`JSON.parse   ${measure(parseBody).toFixed(1)} µs a call`)
})

function bodyOf(seed: number): Buffer {
  const paras = randomIds(seed, ENTRIES, accounts).map((receiver, i) => ({
    receiver,
    $name$: `Person ${seed * ENTRIES + i}`,
    $code$: String((seed * 7919 + i * 31) % 1_000_000).padStart(6, '0'),
  }))
  const message = `Dear $name$, your code is $code$. ${'x'.repeat(260)}`
  return Buffer.from(JSON.stringify({ messageType: 'text', message, paras }))
}
