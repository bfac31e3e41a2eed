/**
 * CRC-32, the one of zlib and Ethernet, over 32-bit words as they lie in
 * memory on a little-endian machine.
 *
 * A block has 31 words. node:zlib needs 210 ns for so few, most of it the way
 * there and back; look-ups in eight tables, two words at a time, need 95 ns, and
 * in four tables 130. Longer things are handed to node:zlib, which does 1.4 GB/s.
 */
const [t0, t1, t2, t3, t4, t5, t6, t7] = makeTables()

/** Signed, so that it can be compared with a stored word. */
export function crcOfWords(words: Int32Array, from: number, to: number): number {
  let crc = -1
  let i = from
  for (; i + 1 < to; i += 2) {
    const low = crc ^ words[i]!
    const high = words[i + 1]!
    crc =
      t7[low & 255]! ^
      t6[(low >>> 8) & 255]! ^
      t5[(low >>> 16) & 255]! ^
      t4[low >>> 24]! ^
      t3[high & 255]! ^
      t2[(high >>> 8) & 255]! ^
      t1[(high >>> 16) & 255]! ^
      t0[high >>> 24]!
  }
  if (i < to) {
    const last = crc ^ words[i]!
    crc = t3[last & 255]! ^ t2[(last >>> 8) & 255]! ^ t1[(last >>> 16) & 255]! ^ t0[last >>> 24]!
  }
  return ~crc
}

type Table = Int32Array

/** The nth table moves a byte on by n further bytes. */
function makeTables(): [Table, Table, Table, Table, Table, Table, Table, Table] {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256))
  const first = tables[0]!
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    first[byte] = crc
  }
  for (let n = 1; n < tables.length; n++) {
    for (let byte = 0; byte < 256; byte++) {
      const crc = tables[n - 1]![byte]!
      tables[n]![byte] = (crc >>> 8) ^ first[crc & 255]!
    }
  }
  return tables as [Table, Table, Table, Table, Table, Table, Table, Table]
}
