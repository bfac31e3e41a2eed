/** POST /v4/openim/admin_set_msg_read: marks a conversation read, up to a second or up to now. */
import { knownAccount } from '../accounts.ts'
import { succeeded } from '../answers.ts'
import type { Command } from '../command.ts'
import { type Fields, unexpected } from '../fields.ts'
import { parseBody } from '../json.ts'
import { secondOf } from '../message-key.ts'

export const admin_set_msg_read: Command = {
  service: 'openim',
  name: 'admin_set_msg_read',
  callsPerSecond: 200,
  async handle(body, { door: { directory, pipeline, views, now } }) {
    const fields = parseBody(body, 90001)
    const reader = knownAccount(fields, 'Report_Account', directory, 90008)
    const peer = knownAccount(fields, 'Peer_Account', directory, 90003)
    const second = parseSecond(fields)
    if (second === undefined || second >= secondOf(now())) {
      await pipeline.markRead(reader, peer, null)
    } else {
      const upTo = await views.lastUpTo(reader, peer, second * 1000 + 999)
      if (upTo !== null) await pipeline.markRead(reader, peer, upTo)
    }
    return succeeded()
  },
}

/** Documented as a string, sent as an integer by clients. */
function parseSecond(fields: Fields): number | undefined {
  const came = fields.MsgReadTime ?? undefined
  if (came === undefined) return undefined
  const second = typeof came === 'string' && /^\d{1,15}$/.test(came) ? Number(came) : came
  if (Number.isSafeInteger(second) && (second as number) >= 0) return second as number
  throw unexpected(90001, 'MsgReadTime', 'Unix seconds, as a string or an integer', came)
}
