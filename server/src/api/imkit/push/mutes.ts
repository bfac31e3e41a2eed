/** Do-not-disturb: the rooms that a client has muted, and whether it wants notifications at all. */
import { Trait } from '../../../domain/batch.ts'
import { type ConversationKey, conversationOf } from '../../../domain/peer.ts'
import type { IsMuted } from '../../../pipeline/push/content.ts'
import { Refusal } from '../answers.ts'
import { isTexts } from '../fields.ts'
import { attributesOf } from '../objects/client.ts'
import { changeAttributes } from '../profile.ts'
import type { Door } from '../route.ts'

type MuteDoor = Pick<Door, 'directory' | 'conversationIds'>

/** More are refused: they are read for each notification. */
const MUTED_MAX = 1000

/** Whether the receiver does not want to hear of a copy whose sender respects that. */
export function openIsMuted(door: MuteDoor): IsMuted {
  return (account, { record: { sender, traits, recipients } }, ordinal) => {
    if ((traits & Trait.mutable) === 0) return false
    const attributes = attributesIn(account, door)
    if (attributes.notificationEnabled === false) return true
    const muted = mutedIn(attributes)
    if (muted.length === 0) return false
    return muted.includes(door.conversationIds.of(conversationOf(sender, recipients[ordinal]!)))
  }
}

/** Whether a client has muted a room. */
export function hasMuted(account: number, conversation: ConversationKey, door: MuteDoor): boolean {
  const muted = mutedIn(attributesIn(account, door))
  return muted.length > 0 && muted.includes(door.conversationIds.of(conversation))
}

/** Mutes a room. False: it was muted. */
export function mute(id: string, room: string, door: Door): Promise<boolean> {
  return changeAttributes(id, door, (attributes) => {
    const muted = mutedIn(attributes)
    if (muted.includes(room)) return null
    if (muted.length === MUTED_MAX) {
      throw new Refusal('INVALID_REQUEST', `room: at most ${MUTED_MAX} rooms can be muted`)
    }
    return { mute: [...muted, room] }
  })
}

/** Lets a room be heard again. False: it was not muted. */
export function unmute(id: string, room: string, door: Door): Promise<boolean> {
  return changeAttributes(id, door, (attributes) => {
    const muted = mutedIn(attributes)
    return muted.includes(room) ? { mute: muted.filter((each) => each !== room) } : null
  })
}

function attributesIn(account: number, { directory }: Pick<Door, 'directory'>) {
  return attributesOf(directory.profiles([account])[0]?.attributes ?? '')
}

function mutedIn({ mute }: Record<string, unknown>): string[] {
  return isTexts(mute) ? mute : []
}
