/** The accounts that a call of openim names, where each has a code of its own. */
import { NOBODY } from '../../domain/account.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Code } from './codes.ts'
import { type Fields, unexpected } from './fields.ts'
import { numberOf } from './recipients.ts'

/** The number of an account that has to be there; `unknown`: the code when nobody has the UserID. */
export function knownAccount(
  fields: Fields,
  name: string,
  directory: Directory,
  code: Code,
  unknown: Code = code,
): number {
  const id = fields[name]
  if (typeof id !== 'string') throw unexpected(code, name, 'a UserID, which is a string', id)
  const number = numberOf(directory, id)
  if (number === NOBODY) throw unexpected(unknown, name, 'an imported account', id)
  return number
}
