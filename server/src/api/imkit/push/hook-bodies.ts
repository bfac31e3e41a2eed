/**
 * What hooks are told of a message: its fields as everywhere in this door, and
 * beside them who is to be notified.
 *
 *   PUSH           one call for each receiver, with the number for the icon
 *   PUSH_GENERIC   one call for all receivers of a message; the hook counts itself
 */
import { conversationOf } from '../../../domain/peer.ts'
import type { HookBodyOf } from '../../../pipeline/push/content.ts'
import { messageAlone, newCopy } from '../live/batch-json.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { propertiesOf } from '../objects/room.ts'

export interface HookBodies {
  push: HookBodyOf
  pushGeneric: HookBodyOf
}

export function openHookBodies(door: ObjectDoor): HookBodies {
  const { directory } = door
  return {
    push({ stored, ordinal, accounts, badge }) {
      const copy = newCopy(stored, ordinal)
      const message = messageAlone(copy, door)
      const alert = copy.content?.text ?? ''
      return JSON.stringify({ ...message, toClient: directory.id(accounts[0]!), badge, alert })
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
