/** POST /badges: an app asks for all who are signed in on a device. Tokens that are not good are left out. */
import { Refusal } from '../answers.ts'
import { clientOfToken } from '../credentials.ts'
import { texts, unexpected } from '../fields.ts'
import type { Client, Door, Route } from '../route.ts'
import { badgeOf } from './badge.ts'

export const badgesByTokens: Route = {
  method: 'POST',
  path: '/badges',
  access: 'clientKey',
  async handle({ body }, door) {
    const tokens = texts(body, 'tokens')
    if (tokens.length > TOKENS_MAX) throw unexpected('tokens', `at most ${TOKENS_MAX}`, tokens)
    const clients = new Map(
      tokens.flatMap((token) => clientsOf(token, door)).map((client) => [client.id, client]),
    )
    const data = Array.from(clients.values(), ({ id, account }) => ({
      client: id,
      badge: badgeOf(account, door),
    }))
    return { data, totalBadge: data.reduce((sum, { badge }) => sum + badge, 0) }
  },
}

const TOKENS_MAX = 100

function clientsOf(token: string, door: Door): Client[] {
  try {
    return [clientOfToken(token, door)]
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}
