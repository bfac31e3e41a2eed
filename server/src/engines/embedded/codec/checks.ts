/**
 * The small checks between values and bytes. What has no place in the layout
 * is refused with RangeError when writing; bytes that are no record, with
 * UnreadableRecord when reading.
 */
import { ORDINALS_MAX } from '../../../domain/place.ts'
import { UnreadableRecord } from './unreadable-record.ts'

export function putU32(target: Buffer, name: string, value: number, at: number): void {
  if (value >>> 0 !== value) {
    throw new RangeError(`${name} is ${value}, expected a whole number from 0 to 4294967295`)
  }
  target.writeUInt32LE(value, at)
}

export function putI32(target: Buffer, name: string, value: number, at: number): void {
  if ((value | 0) !== value) {
    throw new RangeError(
      `${name} is ${value}, expected a whole number from -2147483648 to 2147483647`,
    )
  }
  target.writeInt32LE(value, at)
}

/** Refuses to write a list longer than a record may have. */
export function listed(name: string, count: number): number {
  if (count > ORDINALS_MAX) {
    throw new RangeError(`${name} has ${count} elements, expected at most ${ORDINALS_MAX}`)
  }
  return count
}

/** The number that stands for a name: where it stands in the list. */
export function codeOf<T extends string>(name: string, names: readonly T[], value: T): number {
  const code = names.indexOf(value)
  if (code < 0) throw new RangeError(`${name} is ${value}, expected one of ${names.join(', ')}`)
  return code
}

/** Makes sure that so many bytes lie between `at` and `to`. */
export function room(name: string, bytes: number, at: number, to: number): void {
  if (bytes > to - at) {
    throw new UnreadableRecord(`${name} takes ${bytes} bytes, there are ${to - at}`)
  }
}

/** Makes sure that nothing lies after the end. */
export function finished(name: string, at: number, to: number): void {
  if (at !== to) throw new UnreadableRecord(`${name} has ${to - at} bytes after its end`)
}

/** Refuses to read a list longer than a record may have, before anything is made for it. */
export function counted(name: string, count: number): number {
  if (count > ORDINALS_MAX) {
    throw new UnreadableRecord(`${count} ${name}, expected at most ${ORDINALS_MAX}`)
  }
  return count
}

/** The name that a number stands for. */
export function named<T extends string>(name: string, names: readonly T[], code: number): T {
  const value = names[code]
  if (value === undefined) {
    throw new UnreadableRecord(`${name} is ${code}, expected 0 to ${names.length - 1}`)
  }
  return value
}
