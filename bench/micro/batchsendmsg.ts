/**
 * node bench/micro/batchsendmsg.ts [--accounts 1000000] [--text 300] [--rounds 4000]
 *
 * What the TIM door itself spends on a batchsendmsg of 500 recipients: parse,
 * validate, resolve; without HTTP and without storing. Prints µs a call with
 * the recipients scanned from the bytes, and with plain JSON.parse, which the
 * same body takes when one of its ids has an escape.
 */
import { parseArgs } from 'node:util'
import { parseBatchSendMsg } from '../../server/src/api/tim/openim/batchsendmsg.ts'
import { quickestUs, randomIds, withFullDirectory } from '../lib/full-directory.ts'

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

await withFullDirectory(accounts, (directory) => {
  const bodies = Array.from({ length: BODIES }, (_, i) => bodyOf(i))
  const escaped = bodies.map((body) => Buffer.from(body.toString().replace('["u', '["\\u0075')))
  const measure = (calls: readonly Buffer[]) =>
    quickestUs(rounds, (round) => {
      const { recipients } = parseBatchSendMsg(calls[round % BODIES]!, directory, limits)
      if (recipients.failures.length > 0) throw new Error('a recipient was not found')
    })
  console.log(`${accounts} accounts, ${RECIPIENTS} recipients, ${bodies[0]!.length} bytes a body`)
  console.log(`scanned      ${measure(bodies).toFixed(1)} µs a call`)
  console.log(`JSON.parse   ${measure(escaped).toFixed(1)} µs a call`)
})

function bodyOf(seed: number): Buffer {
  const call = {
    SyncOtherMachine: 2,
    To_Account: randomIds(seed, RECIPIENTS, accounts),
    MsgSeq: 7,
    MsgRandom: seed,
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'x'.repeat(Number(values.text)) } }],
  }
  return Buffer.from(JSON.stringify(call))
}
