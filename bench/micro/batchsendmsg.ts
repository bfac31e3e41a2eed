/**
 * node bench/micro/batchsendmsg.ts [--accounts 1000000] [--text 300] [--rounds 4000]
 *
 * What the TIM door itself spends on a batchsendmsg of 500 recipients: parse,
 * validate, resolve; without HTTP and without storing. Prints µs a call with
 * the recipients scanned from the bytes, and with plain JSON.parse, which the
 * same body takes when one of its ids has an escape.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseBatchSendMsg } from '../../server/src/api/tim/openim/batchsendmsg.ts'
import type { AccountChange } from '../../server/src/domain/record.ts'
import { openDirectory } from '../../server/src/engines/embedded/directory/directory.ts'

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '1000000' },
    text: { type: 'string', default: '300' },
    rounds: { type: 'string', default: '4000' },
  },
})
const accounts = Number(values.accounts)
const rounds = Number(values.rounds)
const RECIPIENTS = 500
/** So many that neither the caches of the processor nor branch prediction learn them by heart. */
const BODIES = 256
const limits = { timMessageBytes: 8192, timLenientPushInfo: false }

const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'))
try {
  const directory = await openFull()
  const bodies = Array.from({ length: BODIES }, (_, i) => bodyOf(i))
  const escaped = bodies.map((body) => Buffer.from(body.toString().replace('["u', '["\\u0075')))
  const scannedUs = measure(bodies)
  const parsedUs = measure(escaped)
  console.log(`${accounts} accounts, ${RECIPIENTS} recipients, ${bodies[0]!.length} bytes a body`)
  console.log(`scanned      ${scannedUs.toFixed(1)} µs a call`)
  console.log(`JSON.parse   ${parsedUs.toFixed(1)} µs a call`)
  await directory.close()

  function measure(calls: readonly Buffer[]): number {
    let best = Number.POSITIVE_INFINITY
    // The machine is shared: of five runs the quickest tells most.
    for (let run = 0; run < 5; run += 1) {
      const start = performance.now()
      for (let round = 0; round < rounds; round += 1) {
        const { recipients } = parseBatchSendMsg(calls[round % BODIES]!, directory, limits)
        if (recipients.failures.length > 0) throw new Error('a recipient was not found')
      }
      best = Math.min(best, ((performance.now() - start) / rounds) * 1000)
    }
    return best
  }
} finally {
  rmSync(folder, { recursive: true })
}

async function openFull() {
  const fail = (error: unknown) => {
    throw error
  }
  const directory = await openDirectory({ folder, onDamage: fail, onFatal: fail })
  for (let from = 1; from <= accounts; from += 4096) {
    const size = Math.min(4096, accounts + 1 - from)
    const changes = Array.from({ length: size }, (_, i): AccountChange => {
      return { number: from + i, id: idOf(from + i), nick: null, avatarUrl: null, attributes: null }
    })
    directory.apply({ place: from * 8, time: 0, record: { type: 'accounts', accounts: changes } })
  }
  directory.flush()
  return directory
}

function idOf(number: number): string {
  return `u${String(number).padStart(7, '0')}`
}

function bodyOf(seed: number): Buffer {
  let state = seed + 1
  const to = Array.from({ length: RECIPIENTS }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return idOf(1 + Math.floor((state / 2 ** 32) * accounts))
  })
  const call = {
    SyncOtherMachine: 2,
    To_Account: to,
    MsgSeq: 7,
    MsgRandom: seed,
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'x'.repeat(Number(values.text)) } }],
  }
  return Buffer.from(JSON.stringify(call))
}
