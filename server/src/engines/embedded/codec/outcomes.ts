/**
 * What became of notifications, in columns: where the copies stand, whose they are, the device, the
 * detail and the state. Of devices and details the columns have numbers of texts, which follow: a
 * text that comes again, as the reason of a refusal does, is written once.
 */
import { type Outcomes, PUSH_RESULTS_MAX, type PushResult } from '../../../domain/record.ts'
import { codeOf, finished, named, putU32, room } from './checks.ts'
import { putText, takeTexts, textBytes } from './texts.ts'
import { UnreadableRecord } from './unreadable-record.ts'
import { OUTCOME_WAYS } from './ways.ts'

const OUTCOMES_BYTES = 16

const STATES: readonly PushResult['state'][] = ['pushed', 'refused', 'skipped']
/** The lower bits of the state's byte have the state. */
const IS_RETRYABLE = 0x80

export function outcomesBytes({ results }: Outcomes): number {
  let bytes = columnsAt(0, results.length).texts
  for (const text of numberedTexts(results).keys()) bytes += textBytes(text)
  return bytes
}

export function encodeOutcomes(record: Outcomes, target: Buffer, offset: number): number {
  const { way, upTo, results } = record
  if (results.length > PUSH_RESULTS_MAX) {
    throw new RangeError(
      `results has ${results.length} elements, expected at most ${PUSH_RESULTS_MAX}`,
    )
  }
  const texts = numberedTexts(results)
  const columns = columnsAt(offset, results.length)
  target[offset] = codeOf('way', OUTCOME_WAYS, way)
  target[offset + 1] = 0
  target.writeUInt16LE(results.length, offset + 2)
  target.writeUInt32LE(texts.size, offset + 4)
  target.writeDoubleLE(upTo, offset + 8)
  for (const [
    n,
    { position, account, deviceId, detail, state, isRetryable },
  ] of results.entries()) {
    target.writeDoubleLE(position, columns.positions + 8 * n)
    putU32(target, 'account', account, columns.accounts + 4 * n)
    target.writeUInt16LE(texts.get(deviceId)!, columns.deviceIds + 2 * n)
    target.writeUInt16LE(texts.get(detail)!, columns.details + 2 * n)
    target[columns.states + n] = codeOf('state', STATES, state) | (isRetryable ? IS_RETRYABLE : 0)
  }
  let at = columns.texts
  for (const text of texts.keys()) at = putText(target, text, at)
  return at
}

export function decodeOutcomes(bytes: Buffer, from: number, to: number): Outcomes {
  room('the fixed part of outcomes', OUTCOMES_BYTES, from, to)
  const count = limited('results', bytes.readUInt16LE(from + 2), PUSH_RESULTS_MAX)
  const textsCount = limited('texts', bytes.readUInt32LE(from + 4), 2 * count)
  const columns = columnsAt(from, count)
  room('outcomes', columns.texts - from, from, to)
  const { texts, end } = takeTexts(bytes, 'a text of outcomes', textsCount, columns.texts, to)
  finished('an outcomes record', end, to)

  const results = Array.from({ length: count }, (_, n): PushResult => {
    const state = bytes[columns.states + n]!
    return {
      position: bytes.readDoubleLE(columns.positions + 8 * n),
      account: bytes.readUInt32LE(columns.accounts + 4 * n),
      deviceId: named('the device', texts, bytes.readUInt16LE(columns.deviceIds + 2 * n)),
      state: named('state', STATES, state & ~IS_RETRYABLE),
      detail: named('the detail', texts, bytes.readUInt16LE(columns.details + 2 * n)),
      isRetryable: (state & IS_RETRYABLE) !== 0,
    }
  })
  const way = named('way', OUTCOME_WAYS, bytes[from]!)
  return { type: 'outcomes', way, upTo: bytes.readDoubleLE(from + 8), results }
}

/** Where each column begins, and the texts after them. */
function columnsAt(offset: number, count: number) {
  const positions = offset + OUTCOMES_BYTES
  const accounts = positions + 8 * count
  const deviceIds = accounts + 4 * count
  const details = deviceIds + 2 * count
  const states = details + 2 * count
  return { positions, accounts, deviceIds, details, states, texts: states + count }
}

/** Every text and its number, in the order in which they come. */
function numberedTexts(results: readonly PushResult[]): Map<string, number> {
  const texts = new Map<string, number>()
  for (const { deviceId, detail } of results) {
    if (!texts.has(deviceId)) texts.set(deviceId, texts.size)
    if (!texts.has(detail)) texts.set(detail, texts.size)
  }
  return texts
}

function limited(name: string, count: number, max: number): number {
  if (count > max) throw new UnreadableRecord(`${count} ${name}, expected at most ${max}`)
  return count
}
