/**
 * The body of an import: one JSON object a line, read as it comes, however
 * long it is. An array, or one object over several lines, is read as a whole
 * and has a limit.
 */
import { isUtf8 } from 'node:buffer'
import { Fault } from '../../../domain/errors.ts'

/** One account to import, not looked at yet. */
export type Item =
  | { line: number; value: unknown; fault: null }
  | { line: number; value: null; fault: Fault }

/** The longest line: an id and a profile with every character escaped are half of it. */
const LINE_BYTES_MAX = 16_384

export interface ItemsOptions {
  /** The longest array. */
  documentBytesMax: number
  /** The caller says that these are lines: whatever stands on the first one. */
  isLines: boolean
}

export async function* itemsOf(
  body: AsyncIterable<Buffer>,
  { documentBytesMax, isLines }: ItemsOptions,
): AsyncGenerator<Item[]> {
  const lines = new Lines()
  let head: Buffer = Buffer.alloc(0)
  let form: 'unknown' | 'lines' | 'document' = 'unknown'

  for await (const chunk of body) {
    if (form === 'lines') {
      yield lines.take(chunk)
      continue
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
    if (form === 'unknown') form = isLines ? 'lines' : formOf(head)
    if (form === 'document' && head.length > documentBytesMax) throw tooLong(documentBytesMax)
    if (form === 'lines' || (form === 'unknown' && head.length > LINE_BYTES_MAX)) {
      form = 'lines'
      yield lines.take(withoutMark(head))
      head = Buffer.alloc(0)
    }
  }
  if (form === 'document') {
    yield documentItems(head)
    return
  }
  if (form === 'unknown') yield lines.take(withoutMark(head))
  yield lines.end()
}

/** An array, or a line with nothing but a brace, is the beginning of a whole document. */
function formOf(head: Buffer): 'unknown' | 'lines' | 'document' {
  const text = withoutMark(head).toString('latin1', 0, LINE_BYTES_MAX).trimStart()
  if (text === '') return 'unknown'
  if (text.startsWith('[')) return 'document'
  const end = text.indexOf('\n')
  if (end < 0) return 'unknown'
  return text.slice(0, end).trim() === '{' ? 'document' : 'lines'
}

function documentItems(bytes: Buffer): Item[] {
  if (!isUtf8(bytes)) throw new Fault('invalidRequest', 'the body is not UTF-8')
  const value = parse(withoutMark(bytes).toString())
  if (value instanceof Fault) throw value
  const values = Array.isArray(value) ? value : [value]
  return values.map((each, i) => ({ line: i + 1, value: each, fault: null }))
}

/** Cuts chunks into lines and reads each. Keeps no more than one line and a chunk. */
class Lines {
  #rest: Buffer = Buffer.alloc(0)
  /** The line that is being read is too long: the rest of it is passed over. */
  #isPassing = false
  #line = 1

  take(chunk: Buffer): Item[] {
    const last = chunk.lastIndexOf(NEWLINE)
    if (last < 0) {
      this.#keep(Buffer.concat([this.#rest, chunk]))
      return []
    }
    const bytes = Buffer.concat([this.#rest, chunk.subarray(0, last)])
    const items = this.#read(bytes)
    this.#isPassing = false
    this.#keep(chunk.subarray(last + 1))
    return items
  }

  end(): Item[] {
    return this.#read(this.#rest)
  }

  #keep(rest: Buffer): void {
    this.#isPassing ||= rest.length > LINE_BYTES_MAX
    this.#rest = this.#isPassing ? TOO_LONG : Buffer.from(rest)
  }

  #read(bytes: Buffer): Item[] {
    const items: Item[] = []
    // Whole text is cut much faster than bytes; bytes that are no UTF-8 are rare.
    const texts = isUtf8(bytes) ? bytes.toString().split('\n') : textsOf(bytes)
    for (const text of texts) {
      const line = this.#line
      this.#line += 1
      if (typeof text === 'string' && text.trim() === '') continue
      const value = typeof text !== 'string' ? text : isTooLong(text) ? lineTooLong : parse(text)
      if (value instanceof Fault) items.push({ line, value: null, fault: value })
      else items.push({ line, value, fault: null })
    }
    return items
  }
}

const NEWLINE = 0x0a

/** Stands for a line of which only the length matters. */
const TOO_LONG = Buffer.alloc(LINE_BYTES_MAX + 1, 'x')

const lineTooLong = new Fault('tooLarge', `the line is longer than ${LINE_BYTES_MAX} bytes`)

function isTooLong(text: string): boolean {
  return text.length > LINE_BYTES_MAX / 3 && Buffer.byteLength(text) > LINE_BYTES_MAX
}

/** Line by line, with a fault for each that is not UTF-8. */
function textsOf(bytes: Buffer): (string | Fault)[] {
  const texts: (string | Fault)[] = []
  for (let from = 0; from <= bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, from)
    const end = found < 0 ? bytes.length : found
    const line = bytes.subarray(from, end)
    texts.push(
      isUtf8(line) ? line.toString() : new Fault('invalidRequest', 'the line is not UTF-8'),
    )
    from = end + 1
  }
  return texts
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return new Fault('invalidRequest', `expected JSON: ${(error as Error).message}`)
  }
}

function tooLong(bytesMax: number): Fault {
  const advice = 'send one object a line, which has no limit'
  return new Fault('tooLarge', `an array has at most ${bytesMax} bytes; ${advice}`)
}

/** Without the byte order mark that some editors write. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}
