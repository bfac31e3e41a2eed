/** POST /v4/openim/get_c2c_unread_msg_num: unread messages, in all or of some conversations. */
import { NOBODY } from '../../../domain/account.ts'
import { knownAccount } from '../accounts.ts'
import { succeeded } from '../answers.ts'
import { Refusal } from '../codes.ts'
import type { Command, Door } from '../command.ts'
import { optional, strings } from '../fields.ts'
import { parseBody } from '../json.ts'
import { numberOf } from '../recipients.ts'
import { unreadOf, unreadTotalOf } from '../unread.ts'

const PEERS_MAX = 10

export const get_c2c_unread_msg_num: Command = {
  service: 'openim',
  name: 'get_c2c_unread_msg_num',
  callsPerSecond: 200,
  async handle(body, { door }) {
    const fields = parseBody(body, 90001)
    const account = knownAccount(fields, 'To_Account', door.directory, 90003)
    // An option that is not set may come as an empty array.
    const peers = optional<string[]>(fields, 'Peer_Account', strings, 90008) ?? []
    if (peers.length === 0) {
      const AllC2CUnreadMsgNum = await unreadTotalOf(account, door.views, door.settings)
      return succeeded({ AllC2CUnreadMsgNum })
    }
    if (peers.length > PEERS_MAX) {
      const came = `but ${peers.length} came`
      throw new Refusal(90011, `Peer_Account: expected at most ${PEERS_MAX} UserIDs, ${came}`)
    }
    return answer(account, peers, door)
  },
}

function answer(account: number, peers: readonly string[], door: Door): string {
  const counts = []
  const unknown = []
  for (const id of peers) {
    const peer = numberOf(door.directory, id)
    if (peer === NOBODY) {
      unknown.push({ Peer_Account: id, ErrorCode: 70107 })
    } else {
      const count = unreadOf(account, peer, door.views, door.settings)
      counts.push({ Peer_Account: id, C2CUnreadMsgNum: count })
    }
  }
  return succeeded({
    C2CUnreadMsgNumList: counts,
    ...(unknown.length > 0 ? { ErrorList: unknown } : {}),
  })
}
