/**
 * What hooks are told of a message: its fields as everywhere in this door, and
 * beside them who is to be notified.
 *
 *   PUSH                      one call for each receiver, with the number for the icon
 *   PUSH_GENERIC              one call for all receivers of a message; the hook counts itself
 *   PUSH_CUSTOM_FCM_PAYLOAD   the facts of PUSH; who asks that hook puts the number and a message beside them
 */

import type { Batch } from '../../../domain/batch.ts'
import { conversationOf } from '../../../domain/peer.ts'
import type { Stored } from '../../../domain/record.ts'
import type { HookBodyOf } from '../../../pipeline/push/content.ts'
import { messageAlone, newCopy } from '../live/batch-json.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { propertiesOf } from '../objects/room.ts'

export interface HookBodies {
  push: HookBodyOf
  pushGeneric: HookBodyOf
  facts: FactsOf
}

/** What is to be told of a copy and of one who receives it. */
export type FactsOf = (
  stored: Stored<Batch>,
  ordinal: number,
  account: number,
) => Record<string, unknown>

export function openHookBodies(door: ObjectDoor): HookBodies {
  const { directory } = door

  const facts: FactsOf = (stored, ordinal, account) => {
    const copy = newCopy(stored, ordinal)
    const alert = copy.content?.text ?? ''
    return { ...messageAlone(copy, door), toClient: directory.id(account), alert }
  }

  return {
    facts,

    push({ stored, ordinal, accounts, badge }) {
      return JSON.stringify({ ...facts(stored, ordinal, accounts[0]!), badge })
    },

    pushGeneric({ stored, ordinal, accounts }) {
      const copy = newCopy(stored, ordinal)
      const conversation = conversationOf(copy.sender, copy.recipient)
      const { name } = propertiesOf(conversation, directory.described(conversation), door)
      return JSON.stringify({
        ...messageAlone(copy, door),
        roomName: name,
        pushToClients: accounts.map((account) => directory.id(account)),
      })
    },
  }
}
