/**
 * What hooks are told of a message: its fields as everywhere in this door, and
 * beside them who is to be notified.
 *
 *   PUSH                      one call for each receiver, with the number for the icon
 *   PUSH_GENERIC              one call for all receivers of a message; the hook counts itself
 *   PUSH_CUSTOM_FCM_PAYLOAD   the facts of PUSH; who asks that hook puts the number and a message beside them
 */

import type { Content } from '../../../domain/batch.ts'
import type { PushWay } from '../../../domain/device.ts'
import { conversationOf } from '../../../domain/peer.ts'
import type { HookBodyOf, NotificationOf, PushedCopy } from '../../../pipeline/push/content.ts'
import { messageAlone } from '../live/batch-json.ts'
import type { ObjectDoor } from '../objects/message.ts'
import { propertiesOf } from '../objects/room.ts'

export interface HookBodies {
  push: HookBodyOf
  pushGeneric: HookBodyOf
  facts: FactsOf
}

/** What is to be told of a copy and of one who receives it; null: it is not for notifying. */
export type FactsOf = (copy: PushedCopy, account: number) => Record<string, unknown> | null

/** Doors that say whether a hook hears of their messages, and with which text; others always do. */
export type Worded = Partial<Record<Content['format'], NotificationOf>>

export function openHookBodies(door: ObjectDoor, worded: Worded): HookBodies {
  const { directory } = door

  function alertOf(copy: PushedCopy, account: number, way: PushWay): string | null {
    const notificationOf = worded[copy.batch.content.format]
    if (notificationOf === undefined) return copy.content.text
    return notificationOf(copy, account, way)?.body ?? null
  }

  function told(copy: PushedCopy, account: number, way: PushWay) {
    const alert = alertOf(copy, account, way)
    if (alert === null) return null
    return { ...messageAlone(copy, door), toClient: directory.id(account), alert }
  }

  return {
    facts: (copy, account) => told(copy, account, 'fcm'),

    push(copy) {
      const facts = told(copy, copy.accounts[0]!, 'hook')
      return facts === null ? null : JSON.stringify({ ...facts, badge: copy.badge })
    },

    pushGeneric(copy) {
      const { accounts, sender, recipient } = copy
      if (alertOf(copy, accounts[0]!, 'hook-generic') === null) return null
      const conversation = conversationOf(sender, recipient)
      const { name } = propertiesOf(conversation, directory.described(conversation), door)
      return JSON.stringify({
        ...messageAlone(copy, door),
        roomName: name,
        pushToClients: accounts.map((account) => directory.id(account)),
      })
    },
  }
}
