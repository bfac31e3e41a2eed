/**
 * POST /v4/openim/admin_msgwithdraw: takes a message back from the conversation of two users. Of a
 * batch that is one recipient's copy. There is no time limit.
 */
import { succeeded } from '../answers.ts'
import { Refusal } from '../codes.ts'
import type { Command } from '../command.ts'
import { changeCopies, findCopies, parseNamedCopies } from '../copies.ts'
import { parseBody } from '../json.ts'

export const admin_msgwithdraw: Command = {
  service: 'openim',
  name: 'admin_msgwithdraw',
  callsPerSecond: 200,
  async handle(body, { door: { directory, pipeline, views } }) {
    const named = parseNamedCopies(parseBody(body, 90001), directory, 90003)
    const copies = await findCopies(named, views)
    if (copies.length === 0) throw new Refusal(20022)
    const recalls = copies
      .filter(({ content }) => content !== null)
      .map((copy) => ({ copy, content: null }))
    if (await changeCopies(recalls, pipeline)) return succeeded()
    throw new Refusal(20023)
  },
}
