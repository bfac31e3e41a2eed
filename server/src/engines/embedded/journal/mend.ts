import type { Place } from '../../../domain/place.ts'
import { syncFile, truncateFile, withFile, writeAt } from './files.ts'
import {
  encodeSegmentHeader,
  encodeVoidGroup,
  GROUP_BYTES_MAX,
  GROUP_HEADER_BYTES,
  type SegmentHeader,
} from './layout.ts'

/** Bytes that are to become void. */
export interface VoidStretch {
  place: Place
  length: number
  /** The seal of the group before. */
  previous: number
  /** The seal that the group after names. */
  seal: number
}

/** What is to be changed in a segment's file. */
export interface Mending {
  path: string
  base: Place
  /** Null: the header is good. */
  header: SegmentHeader | null
  voids: VoidStretch[]
  /** Bytes of the file to keep; null: all. */
  keepBytes: number | null
}

/** Writes over what is damaged, in place, so that nothing behind it moves. */
export async function mend({ path, base, header, voids, keepBytes }: Mending): Promise<void> {
  await withFile(path, 'r+', async (file) => {
    for (const stretch of voids) {
      for (const group of voidGroups(stretch)) {
        const bytes = encodeVoidGroup(group)
        await writeAt(file, bytes, bytes.length, group.place - base)
      }
    }
    if (header !== null) {
      const bytes = encodeSegmentHeader(header)
      await writeAt(file, bytes, bytes.length, 0)
    }
    if (keepBytes !== null) await truncateFile(file, keepBytes)
    await syncFile(file)
  })
}

/** A stretch as groups of the usual size, the last of which is no shorter than a group can be. */
function* voidGroups({ place, length, previous, seal }: VoidStretch): Generator<VoidStretch> {
  let done = 0
  while (done < length) {
    const left = length - done
    let bytes = Math.min(left, GROUP_BYTES_MAX)
    if (left - bytes > 0 && left - bytes < GROUP_HEADER_BYTES) bytes -= GROUP_HEADER_BYTES
    yield { place: place + done, length: bytes, previous: done === 0 ? previous : seal, seal }
    done += bytes
  }
}
