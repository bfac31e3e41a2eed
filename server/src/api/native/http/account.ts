import { numberOf } from './callers.ts'
import type { Call } from './route.ts'

/** GET /v1/accounts/{id}: a profile, for the platform and for any account. */
export const getAccount: Call = async ({ callers, directory }, request) => {
  await callers.requireAnybody(request.headers)
  const number = numberOf('id', request.parameter('id'), directory)
  const [profile] = directory.profiles([number])
  return JSON.stringify(profile)
}
