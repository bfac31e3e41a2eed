/**
 * The texts in a row of unmasked text frames, as the gateway builds them.
 * There is nothing else in it, and no part of a frame.
 */
export function* textsOf(bytes: Buffer): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1]!
    let from = at + 2
    let length = short
    if (short === 126) {
      length = bytes.readUInt16BE(from)
      from += 2
    } else if (short === 127) {
      length = Number(bytes.readBigUInt64BE(from))
      from += 8
    }
    at = from + length
    yield bytes.toString('utf8', from, at)
  }
}
