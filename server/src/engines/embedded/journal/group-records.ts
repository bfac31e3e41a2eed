import type { Place } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import { decodeRecord, UnreadableRecord } from '../record-codec.ts'
import {
  align,
  decodeRecordHeader,
  GROUP_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  type RecordHeader,
} from './layout.ts'
import type { Group } from './walk.ts'

type WholeGroup = Pick<Group, 'buffer' | 'at' | 'place' | 'length' | 'isVoid'>

/** The records of a verified group that stand at or after `from`. Throws UnreadableRecord. */
export function recordsOf(group: WholeGroup, from: Place): Stored[] {
  const records: Stored[] = []
  for (const { place, at, header } of headersOf(group)) {
    if (place < from) continue
    const record = decodeRecord(
      header.type,
      group.buffer,
      at + RECORD_HEADER_BYTES,
      at + header.length,
    )
    records.push({ place, time: header.time, record })
  }
  return records
}

/** The time of the last record of a verified group. */
export function lastTimeOf(group: WholeGroup): number {
  let time = 0
  for (const { header } of headersOf(group)) time = header.time
  return time
}

function* headersOf(
  group: WholeGroup,
): Generator<{ place: Place; at: number; header: RecordHeader }> {
  if (group.isVoid) return
  const end = group.at + group.length
  let at = group.at + GROUP_HEADER_BYTES
  while (at < end) {
    const header = decodeRecordHeader(group.buffer, at, end - at)
    const place = group.place + at - group.at
    if (header === null) throw new UnreadableRecord(`no record stands at place ${place}`)
    yield { place, at, header }
    at += align(header.length)
  }
}
