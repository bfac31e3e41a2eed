/** POST /v4/im_open_login_svc/account_import: makes one account known, or changes its profile. */
import { succeeded } from '../answers.ts'
import type { Command } from '../command.ts'
import { parseBody } from '../json.ts'
import { parseProfile, parseUserId } from './profile.ts'

export const account_import: Command = {
  service: 'im_open_login_svc',
  name: 'account_import',
  callsPerSecond: 200,
  async handle(body, { door }) {
    const fields = parseBody(body, 70402)
    await door.pipeline.importAccounts([parseProfile(parseUserId(fields), fields)])
    return succeeded()
  },
}
