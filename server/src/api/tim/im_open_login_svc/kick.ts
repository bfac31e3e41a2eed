/**
 * POST /v4/im_open_login_svc/kick: ends the terminals of an account, voids every UserSig issued up to
 * this second, and forgets the devices that were registered with one: whoever has to sign in anew is
 * not notified before. A UserSig issued from the next second on works.
 */
import { NOBODY } from '../../../domain/account.ts'
import { all } from '../../../pipeline/all.ts'
import { succeeded } from '../answers.ts'
import type { Command } from '../command.ts'
import { unexpected } from '../fields.ts'
import { parseBody } from '../json.ts'
import { secondOf } from '../message-key.ts'
import { numberOf } from '../recipients.ts'
import { parseUserId } from './profile.ts'

export const kick: Command = {
  service: 'im_open_login_svc',
  name: 'kick',
  callsPerSecond: 200,
  async handle(body, { door: { directory, pipeline, now } }) {
    const id = parseUserId(parseBody(body, 70402))
    const account = numberOf(directory, id)
    if (account === NOBODY) throw unexpected(70107, 'UserID', 'an imported account', id)
    await pipeline.revoke(account, secondOf(now()))
    const devices = directory.devices(account)
    await all(devices.map(({ way, id }) => pipeline.removeDevice(way, id, { account })))
    return succeeded()
  },
}
