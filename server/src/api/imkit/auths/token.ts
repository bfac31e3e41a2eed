import { randomBytes } from 'node:crypto'
import { wholeIn } from '../queries.ts'
import type { Route } from '../route.ts'

/** GET /auths/token: a random text, for a platform that makes its own tokens. Nobody keeps it. */
export const getRandomToken: Route = {
  method: 'GET',
  path: '/auths/token',
  access: 'platform',
  async handle({ query }) {
    const size = wholeIn(query, 'size', { fallback: 16, max: 1024 })
    return randomBytes(size).toString('base64url').slice(0, size)
  },
}
