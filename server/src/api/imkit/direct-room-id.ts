import { hash } from 'node:crypto'

/** The id of the direct room of two clients: the MD5 of their ids, in lower case and sorted. */
export function directRoomId(one: string, other: string): string {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  return hash('md5', a < b ? `${a}_${b}` : `${b}_${a}`, 'hex')
}
