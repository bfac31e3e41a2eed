/** POST /v4/openim/querystate: the older alias of query_online_status. */
import type { Command } from '../command.ts'
import { statusAnswer } from './query_online_status.ts'

export const querystate: Command = {
  service: 'openim',
  name: 'querystate',
  callsPerSecond: 100,
  handle: async (body, { door }) => statusAnswer(body, door, 'State'),
}
