/** A text with its length before it, where there may be several in a row. */
import { room } from './checks.ts'

const LENGTH_BYTES = 4

export function textBytes(text: string): number {
  return LENGTH_BYTES + Buffer.byteLength(text)
}

/** Writes the text and gives the offset after it. */
export function putText(target: Buffer, text: string, at: number): number {
  const bytes = target.write(text, at + LENGTH_BYTES)
  target.writeUInt32LE(bytes, at)
  return at + LENGTH_BYTES + bytes
}

/** So many texts, and the offset after them. */
export function takeTexts(
  bytes: Buffer,
  name: string,
  count: number,
  from: number,
  to: number,
): { texts: string[]; end: number } {
  const texts: string[] = []
  let at = from
  for (let index = 0; index < count; index += 1) {
    room(`the length of ${name}`, LENGTH_BYTES, at, to)
    const textAt = at + LENGTH_BYTES
    at = textAt + bytes.readUInt32LE(at)
    room(name, at - textAt, textAt, to)
    texts.push(bytes.toString('utf8', textAt, at))
  }
  return { texts, end: at }
}
