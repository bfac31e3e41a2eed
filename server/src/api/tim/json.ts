/**
 * JSON from bytes, strictly: a byte order mark is skipped, bytes that are no
 * UTF-8 are a fault, and of two equal keys the last one counts.
 */
import { isUtf8 } from 'node:buffer'
import { startOf } from '../../lib/json-scan.ts'
import { type Code, Refusal } from './codes.ts'
import { type Fields, isObject, shown } from './fields.ts'

/** The body of a call, which has to be an object. */
export function parseBody(bytes: Buffer, code: Code): Fields {
  if (bytes.length === 0) throw unparsable(code, 'it is empty; send {} at least')
  if (!isUtf8(bytes)) throw unparsable(code, 'it is not UTF-8')
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8', startOf(bytes)))
  } catch (error) {
    throw unparsable(code, (error as SyntaxError).message)
  }
  if (!isObject(value)) throw unparsable(code, `expected an object, but ${shown(value)} came`)
  return value
}

function unparsable(code: Code, why: string): Refusal {
  return new Refusal(code, `Fail to Parse json data of body, Please check it: ${why}`)
}
