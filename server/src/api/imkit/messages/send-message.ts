/** Sends one message to a room: a batch of one entry. */
import { type Content, type FailureCode, Trait } from '../../../domain/batch.ts'
import { type Message, messageOf } from '../../../domain/message.ts'
import { entriesOf } from '../../../pipeline/entries.ts'
import { Refusal } from '../answers.ts'
import type { Code } from '../codes.ts'
import { prepareReply } from '../objects/replied.ts'
import type { Door } from '../route.ts'
import { callOfOne } from './call-of-one.ts'

export interface Sending {
  sender: number
  /** Its id. */
  room: string
  content: Content
  /** Whether to notify those who are away. */
  push: boolean
  /** The sender writes only where it is a member. */
  membersOnly: boolean
  /** How it is said that there is no such room. */
  noRoom: Code
}

export async function sendMessage(
  { sender, room, content, push, membersOnly, noRoom }: Sending,
  door: Door,
): Promise<Message> {
  const { pipeline, directory, settings } = door
  requireSize(content, settings.imkitMessageBytes)
  const rules = { membersOnly, notToSelf: false }
  const entries = entriesOf([{ conversation: room }], directory)
  const { recipients, failures } = await pipeline.settle(sender, entries, rules)
  const [failure] = failures
  if (failure !== undefined) throw refusalOf(failure.code, room, noRoom)
  const call = callOfOne(sender, recipients[0]!, content, push ? 0 : Trait.unpushed)
  prepareReply(content, door)
  const { place, time, batch } = await pipeline.accept(call)
  const says = { content: batch.content, changedAt: null }
  return messageOf({ place, time, record: batch }, 0, says)
}

export function requireSize({ json }: Content, bytesMax: number): void {
  const bytes = Buffer.byteLength(json)
  if (bytes <= bytesMax) return
  const message = `message: expected at most ${bytesMax} bytes of JSON, but ${bytes} came`
  throw new Refusal('MESSAGE_TOO_LARGE', message)
}

function refusalOf(code: FailureCode, room: string, noRoom: Code): Refusal {
  const id = JSON.stringify(room)
  switch (code) {
    case 'unknownConversation':
      return new Refusal(noRoom, `there is no room ${id}`)
    case 'blocked':
      return new Refusal('BLOCKED', `one of the two in the room ${id} has blocked the other`)
    case 'frozen':
      return new Refusal('ROOM_FROZEN', `the room ${id} is frozen`)
    default:
      return new Refusal('NOT_ROOM_MEMBER', `the sender is no member of the room ${id}`)
  }
}
