import { hash } from 'node:crypto'

/** The id of the direct room of two clients: the MD5 of their ids, in lower case and sorted. */
export function directRoomId(one: string, other: string): string {
  const ids = [one.toLowerCase(), other.toLowerCase()].sort()
  return hash('md5', ids.join('_'), 'hex')
}
