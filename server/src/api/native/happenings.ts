/** What terminals hear of beside messages, in the words of the native protocol. */
import type { GroupEvent, PeerReadEvent, ReadEvent } from '../../../../wire/frames.ts'
import { isGroup, type Peer, peerIn } from '../../domain/peer.ts'
import { positionOf } from '../../domain/place.ts'
import { type Frame, PlainFrame } from '../../gateway/frame.ts'
import type { Happening } from '../../pipeline/audience.ts'
import type { Views } from '../../views/views.ts'
import { cursorOf } from './cursors.ts'
import { contentJson, type Ids, peerField } from './message-json.ts'

export interface HappeningOptions {
  views: Pick<Views, 'generation' | 'unread' | 'unreadTotal' | 'isMember'>
  directory: Ids
}

type Of<Type extends Happening['type']> = Extract<Happening, { type: Type }>

/** By the account that hears it; null: it is not said. */
export function wordsOf(
  happening: Happening,
  options: HappeningOptions,
): (account: number) => Frame | null {
  switch (happening.type) {
    case 'read':
      return wordsOfRead(happening, options)
    case 'changed':
      return wordsOfChange(happening, options)
    case 'conversation':
      return wordsOfGroup(happening, options)
    case 'typing':
      return () => null
  }
}

/** The reader's terminals learn their new counters; those of the others, that it was read. */
function wordsOfRead(
  { reader, conversation, upTo, at }: Of<'read'>,
  { views, directory }: HappeningOptions,
) {
  const upToId = cursorOf(upTo, views)
  const cursor = cursorOf(at, views)
  const [first] = conversation
  const by = directory.id(reader)
  const forOthers = once(() => {
    const named = isGroup(first) ? { ...peerField(first, directory), by } : { with: by }
    return frame<PeerReadEvent>({ type: 'peer-read', ...named, upTo: upToId, cursor })
  })
  return (account: number) => {
    if (account !== reader) return forOthers()
    const peer = peerIn(conversation, reader)
    return frame<ReadEvent>({
      type: 'read',
      ...peerField(peer, directory),
      upTo: upToId,
      unread: views.unread(reader, peer),
      unreadTotal: views.unreadTotal(reader),
      cursor,
    })
  }
}

function wordsOfChange({ message, at }: Of<'changed'>, { views, directory }: HappeningOptions) {
  const { sender, recipient, position, content, changedAt } = message
  const said = (peer: Peer) =>
    JSON.stringify({
      type: content === null ? 'recalled' : 'edited',
      id: cursorOf(position, views),
      ...peerField(peer, directory),
      from: directory.id(sender),
      changedAt,
      cursor: cursorOf(at, views),
    })
  const make = (peer: Peer) =>
    new PlainFrame(
      content === null
        ? said(peer)
        : `${said(peer).slice(0, -1)},"content":${contentJson(content)}}`,
    )
  const forSender = once(() => make(recipient))
  const forOthers = once(() => make(isGroup(recipient) ? recipient : sender))
  return (account: number) => (account === sender ? forSender() : forOthers())
}

function wordsOfGroup({ stored }: Of<'conversation'>, { views, directory }: HappeningOptions) {
  const [group] = stored.record.conversation
  if (!isGroup(group)) return () => null
  const { id } = directory.described(stored.record.conversation) ?? { id: '' }
  const cursor = cursorOf(positionOf(stored.place, 0), views)
  const make = (isMember: boolean) =>
    frame<GroupEvent>({ type: 'group', group: id, isMember, cursor })
  const forMembers = once(() => make(true))
  const forOthers = once(() => make(false))
  return (account: number) => (views.isMember(account, group) ? forMembers() : forOthers())
}

function frame<Event extends object>(event: Event): Frame {
  return new PlainFrame(JSON.stringify(event))
}

/** Made when it is first asked for, and then the same again. */
function once<T extends object>(make: () => T): () => T {
  let made: T | null = null
  return () => (made ??= make())
}
