import { hash } from 'node:crypto'

/** A collapse id as a header can carry it: one that a header cannot is hashed. */
export function collapseKey(collapseId: string): string {
  return /^[\x21-\x7e]{1,64}$/.test(collapseId)
    ? collapseId
    : hash('sha256', collapseId, 'base64url')
}
