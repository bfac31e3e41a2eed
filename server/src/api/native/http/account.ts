import type { Profile } from '../../../domain/account.ts'
import { numberOf } from './callers.ts'
import type { Call } from './route.ts'

/** GET /v1/accounts/{id}: a profile, for the platform and for any account. */
export const getAccount: Call = async ({ callers, directory }, request) => {
  await callers.callerOf(request.headers)
  const number = numberOf('id', request.parameter('id'), directory)
  const [{ id, nick, avatarUrl }] = directory.profiles([number]) as [Profile]
  return JSON.stringify({ id, nick, avatarUrl })
}
