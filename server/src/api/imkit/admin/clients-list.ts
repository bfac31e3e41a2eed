import { checkedClientId, isObject, unexpected } from '../fields.ts'
import { changeClients, clientChange } from '../profile.ts'
import type { Route } from '../route.ts'

const CLIENTS_MAX = 10_000

/** POST /admin/clients/list: makes many clients known, or changes them, all or none. */
export const postClients: Route = {
  method: 'POST',
  path: '/admin/clients/list',
  access: 'platform',
  async handle({ body }, door) {
    const { data } = body
    if (!Array.isArray(data) || data.length > CLIENTS_MAX) {
      throw unexpected('data', `an array of at most ${CLIENTS_MAX} clients`, data)
    }
    const changes = data.map((item: unknown, i) => {
      if (!isObject(item)) throw unexpected(`data[${i}]`, 'an object', item)
      const { _id: id } = item
      const where = `data[${i}].`
      if (typeof id !== 'string') throw unexpected(`${where}_id`, 'a string', id)
      return clientChange(checkedClientId(`${where}_id`, id), item, 'platform', where)
    })
    await changeClients(changes, door)
    return { count: changes.length }
  },
}
