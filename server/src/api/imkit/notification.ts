/**
 * What a message shows on the phones of those who are away, in the form that
 * IMKIT's apps read: a title and a text, texts that the app translates, and
 * `data`, in which all values are texts.
 *
 * Providers take 4 KB. The text stands up to five times in a push, so it is kept
 * short; the message itself goes along as far as it fits.
 */
import { conversationOf } from '../../domain/peer.ts'
import { cutToFit } from '../../lib/cut.ts'
import type { NotificationOf, PushContent } from '../../pipeline/push/content.ts'
import { messageAlone } from './live/batch-json.ts'
import { attributesOf } from './objects/client.ts'
import type { MessageObject, ObjectDoor } from './objects/message.ts'

/** As JSON. What a phone shows of a notification is shorter. */
const TEXT_BYTES_MAX = 600

/** As JSON: what is left after it is for the provider's own words. */
const PUSH_BYTES_MAX = 3700

/** Longer tags are not sent. */
const TAGS_BYTES_MAX = 300

export function openImkitNotifications(door: ObjectDoor): NotificationOf {
  return (copy, account, way) => {
    const message = messageAlone(copy, door)
    if (way === 'apns-voip' && !callTypes.has(message.messageType)) return null
    const title = nicknameOf(message)
    const body = shortened(copy.content.text || wordFor(message))
    const conversation = conversationOf(copy.sender, copy.recipient)
    const { room } = message
    const key = `im_loc_${message.messageType}`
    const data = {
      title,
      body,
      badge: String(door.index.totals(account).badge),
      'loc-key': key,
      'loc-args': JSON.stringify([body]),
      type: `chatroom_chat:${room}`,
      redirect: '/chat',
      roomTags: tagsOf(conversation, door),
    }
    return {
      title,
      subtitle: '',
      body,
      sound: 'default',
      imageUrl: '',
      data: withPayload(data, message),
      priority: 'high',
      localization: { key, arguments: [body] },
      apns: { interruptionLevel: '', isMutable: true, isContentAvailable: false },
      androidChannel: '',
      showsBadge: true,
      // On an iPhone a newer one would take the place of those that nobody has seen yet.
      collapseId: way === 'fcm' ? room : null,
    } satisfies PushContent
  }
}

/** An app that is woken for calls has to show one each time, or iOS ends it. */
const callTypes: ReadonlySet<unknown> = new Set(['waitingCall', 'missingCall', 'endCall'])

function nicknameOf({ sender }: MessageObject): string {
  return (sender as { nickname: string }).nickname
}

/** For messages without a text. */
const words: Readonly<Record<string, string>> = {
  image: '[Image]',
  audio: '[Voice]',
  video: '[Video]',
  file: '[File]',
  location: '[Location]',
  sticker: '[Sticker]',
}

function wordFor({ messageType }: MessageObject): string {
  const type = String(messageType)
  return Object.hasOwn(words, type) ? words[type]! : ''
}

/** No character takes less than a byte: what is cut off first would not fit anyway. */
function shortened(text: string): string {
  const beginning = text.slice(0, TEXT_BYTES_MAX + 64)
  return cutToFit(beginning, (cut) => bytesOf(cut) <= TEXT_BYTES_MAX) ?? ''
}

function tagsOf(
  conversation: ReturnType<typeof conversationOf>,
  { directory }: Pick<ObjectDoor, 'directory'>,
): string {
  const { roomTags } = attributesOf(directory.described(conversation)?.attributes ?? '')
  const json = JSON.stringify(Array.isArray(roomTags) ? roomTags : [])
  return Buffer.byteLength(json) <= TAGS_BYTES_MAX ? json : '[]'
}

type Data = Record<string, string>

/** With the whole message, with what leads to it, or with nothing of it, whichever fits first. */
function withPayload(data: Data, message: MessageObject): Data {
  const { _id, id, room, messageType, sender, batchID, messageTimeMS } = message
  const brief = { _id, id, room, messageType, sender, message: data.body, batchID, messageTimeMS }
  for (const payload of [message, brief, { _id, room, messageType }]) {
    const whole = { ...data, payload: JSON.stringify(payload) }
    // The title and the text stand outside of the data, too, and the text in an argument.
    if (bytesOf([whole, data.title, data.body, data.body]) <= PUSH_BYTES_MAX) return whole
  }
  return data
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
