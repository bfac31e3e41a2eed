import { setImmediate as breath } from 'node:timers/promises'
import { NOBODY } from '../../../domain/account.ts'
import { Refusal } from '../answers.ts'
import { fullClient } from '../objects/client.ts'
import { wholeIn } from '../queries.ts'
import { compileFilter, type Document, parseFilter } from '../rooms/filter.ts'
import type { Door, Route } from '../route.ts'

/** GET /admin/clients: the clients, in the order in which they were made known. */
export const getClients: Route = {
  method: 'GET',
  path: '/admin/clients',
  access: 'platform',
  async handle({ query }, door) {
    const skip = wholeIn(query, 'skip', { fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const limit = wholeIn(query, 'limit', { fallback: 50, max: 100 })
    const filter = parseFilter('q', query.get('q') || '{}')
    if (Object.keys(filter).length === 0) {
      const { count } = door.directory
      return { totalCount: count, data: clientsFrom(1 + skip, Math.min(limit, count - skip), door) }
    }
    const found = await search(filter, door)
    return { totalCount: found.length, data: found.slice(skip, skip + limit) }
  },
}

/** How many clients a filter is held against at most, unless it names one. */
const LOOKED_AT_MAX = 100_000
const LOOKED_AT_A_TURN = 200

async function search(filter: Document, door: Door): Promise<Document[]> {
  const { _id: id, ...rest } = filter
  const matches = compileFilter('q', typeof id === 'string' ? rest : filter)
  if (typeof id === 'string') {
    const account = door.directory.number(id)
    return account === NOBODY ? [] : clientsFrom(account, 1, door).filter(matches)
  }
  const { nextNumber } = door.directory
  if (nextNumber > LOOKED_AT_MAX) {
    const message = `q: among more than ${LOOKED_AT_MAX} clients only "_id" can be looked for`
    throw new Refusal('RESULT_TOO_LARGE', message)
  }
  const found: Document[] = []
  for (let from = 1; from < nextNumber; from += LOOKED_AT_A_TURN) {
    found.push(...clientsFrom(from, LOOKED_AT_A_TURN, door).filter(matches))
    await breath()
  }
  return found
}

function clientsFrom(from: number, count: number, door: Door): Document[] {
  const numbers = Array.from({ length: Math.max(0, count) }, (_, i) => from + i)
  return door.directory.profiles(numbers).map((profile) => fullClient(profile, door))
}
