/** A content: its format is a byte of the fixed part, its two texts follow one another. */
import type { Content } from '../../../domain/batch.ts'
import { codeOf, named } from './checks.ts'

const FORMATS: readonly Content['format'][] = ['tim', 'imkit', 'native']

export function contentBytes({ json, text }: Content): number {
  return Buffer.byteLength(json) + Buffer.byteLength(text)
}

export function formatCode({ format }: Content): number {
  return codeOf('content.format', FORMATS, format)
}

export function takeContent(
  bytes: Buffer,
  format: number,
  jsonAt: number,
  textAt: number,
  end: number,
): Content {
  return {
    format: named('content.format', FORMATS, format),
    json: bytes.toString('utf8', jsonAt, textAt),
    text: bytes.toString('utf8', textAt, end),
  }
}
