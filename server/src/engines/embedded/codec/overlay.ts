/** A recall or an edit: which copies of which batch, and what they say from now on. */
import type { Overlay } from '../../../domain/record.ts'
import { codeOf, counted, finished, listed, named, putU32, room } from './checks.ts'
import { putColumn, takeI32Column, takeU32Column } from './columns.ts'
import { contentBytes, formatCode, takeContent } from './content.ts'

const OVERLAY_BYTES = 40

const CHANGES: readonly Overlay['change'][] = ['recall', 'edit']

const HAS_CONTENT = 1

export function overlayBytes({ ordinals, recipients, content }: Overlay): number {
  const columns = OVERLAY_BYTES + ordinals.byteLength + recipients.byteLength
  return content === null ? columns : columns + contentBytes(content)
}

export function encodeOverlay(overlay: Overlay, target: Buffer, offset: number): number {
  const { ordinals, recipients, content } = overlay
  if (ordinals.length !== recipients.length) {
    throw new RangeError(
      `${ordinals.length} ordinals and ${recipients.length} recipients, expected equal`,
    )
  }
  listed('ordinals', ordinals.length)
  let at = putColumn(target, ordinals, ordinals.length, offset + OVERLAY_BYTES)
  at = putColumn(target, recipients, recipients.length, at)
  const jsonBytes = content === null ? 0 : target.write(content.json, at)
  at += jsonBytes
  const textBytes = content === null ? 0 : target.write(content.text, at)
  at += textBytes

  target[offset] = codeOf('change', CHANGES, overlay.change)
  target[offset + 1] = content === null ? 0 : HAS_CONTENT
  target[offset + 2] = content === null ? 0 : formatCode(content)
  target[offset + 3] = 0
  putU32(target, 'by', overlay.by, offset + 4)
  target.writeDoubleLE(overlay.place, offset + 8)
  target.writeUInt32LE(ordinals.length, offset + 16)
  putU32(target, 'sender', overlay.sender, offset + 20)
  putU32(target, 'traits', overlay.traits, offset + 24)
  target.writeUInt32LE(jsonBytes, offset + 28)
  target.writeUInt32LE(textBytes, offset + 32)
  target.writeUInt32LE(0, offset + 36)
  return at
}

export function decodeOverlay(bytes: Buffer, from: number, to: number): Overlay {
  room('the fixed part of an overlay', OVERLAY_BYTES, from, to)
  const count = counted('ordinals', bytes.readUInt32LE(from + 16))
  const ordinalsAt = from + OVERLAY_BYTES
  const recipientsAt = ordinalsAt + count * 4
  const jsonAt = recipientsAt + count * 4
  const textAt = jsonAt + bytes.readUInt32LE(from + 28)
  const end = textAt + bytes.readUInt32LE(from + 32)
  room('an overlay', end - from, from, to)
  finished('an overlay', end, to)

  const hasContent = (bytes[from + 1]! & HAS_CONTENT) !== 0
  return {
    type: 'overlay',
    change: named('change', CHANGES, bytes[from]!),
    by: bytes.readUInt32LE(from + 4),
    place: bytes.readDoubleLE(from + 8),
    ordinals: takeU32Column(bytes, ordinalsAt, count),
    sender: bytes.readUInt32LE(from + 20),
    traits: bytes.readUInt32LE(from + 24),
    recipients: takeI32Column(bytes, recipientsAt, count),
    content: hasContent ? takeContent(bytes, bytes[from + 2]!, jsonAt, textAt, end) : null,
  }
}
