import { isUtf8 } from 'node:buffer'
import { Refusal } from './answers.ts'
import { type Fields, isObject, shown } from './fields.ts'

const BYTE_ORDER_MARK = '\ufeff'

/** The object of a body. Some calls come with none at all, and say the same as with an empty one. */
export function parseBody(bytes: Buffer): Fields {
  if (bytes.length === 0) return {}
  if (!isUtf8(bytes)) throw new Refusal('INVALID_BODY', 'body: expected UTF-8')
  const text = bytes.toString()
  const value = parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text)
  if (isObject(value)) return value
  throw new Refusal('INVALID_BODY', `body: expected a JSON object, but ${shown(value)} came`)
}

function parse(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = (error as SyntaxError).message
    throw new Refusal(
      'INVALID_BODY',
      `body: expected a JSON object, but it cannot be parsed: ${why}`,
    )
  }
}
