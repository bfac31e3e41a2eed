/**
 * Resume: streams what an account missed, oldest first, up to where live
 * begins. A page is read when the last one has left: however much was missed
 * and however slowly it is read, little of it is in memory.
 */
import type { Message } from '../../../domain/message.ts'
import { isGroup } from '../../../domain/peer.ts'
import type { Position } from '../../../domain/place.ts'
import { textFrame } from '../../../gateway/frame.ts'
import { cursorOf } from '../cursors.ts'
import { messageJson } from '../message-json.ts'
import { MESSAGE_TYPE } from '../protocol.ts'
import type { NativeTerminal } from './terminal.ts'

/** Copies read at once. */
const PAGE_COPIES = 100

/** Frames are gathered into writes of about this size. */
const WRITE_BYTES = 65_536

/** Copies that have expired, or were recalled, are not sent, but are looked at: at most so many for each that may be sent. */
const LOOKS_PER_MESSAGE = 10

/** Streams what stands after `resumedTo`, up to `upTo`, then says `caught-up`, or `resync`. */
export async function resume(terminal: NativeTerminal, upTo: Position): Promise<void> {
  const { views, resumeMax } = terminal.live
  let messagesLeft = resumeMax
  let looksLeft = resumeMax * LOOKS_PER_MESSAGE
  for (;;) {
    const limit = Math.min(PAGE_COPIES, messagesLeft, looksLeft)
    if (limit === 0 && (await isMore(terminal, upTo))) return resync(terminal)
    if (limit === 0) return caughtUp(terminal, upTo)

    const page = await views.missed(terminal.account, terminal.resumedTo, limit)
    const messages = page.messages.filter(({ position }) => position <= upTo)
    await write(terminal, messages)
    if (terminal.isClosed) return
    if (page.isLast || page.upTo >= upTo) return caughtUp(terminal, upTo)
    terminal.resumedTo = page.upTo
    messagesLeft -= messages.length
    looksLeft -= limit
  }
}

function caughtUp(terminal: NativeTerminal, upTo: Position): void {
  terminal.resumedTo = upTo
  terminal.say({ type: 'caught-up', cursor: cursorOf(upTo, terminal.live.views) })
}

function resync(terminal: NativeTerminal): void {
  const cursor = cursorOf(terminal.resumedTo, terminal.live.views)
  terminal.say({ type: 'resync', reason: 'too-much', cursor })
}

async function isMore({ live, account, resumedTo }: NativeTerminal, upTo: Position) {
  const next = await live.views.missed(account, resumedTo, 1)
  return next.upTo > resumedTo && next.upTo <= upTo
}

/** Writes messages, waiting whenever the socket asks for it. */
async function write(terminal: NativeTerminal, messages: readonly Message[]): Promise<void> {
  let frames: Buffer[] = []
  let bytes = 0
  for (const message of messages) {
    if (terminal.isClosed) return
    const frame = textFrame(missedJson(terminal, message))
    frames.push(frame)
    bytes += frame.length
    // Before it is written: the peer may acknowledge it at once.
    terminal.resumedTo = message.position
    if (bytes < WRITE_BYTES && message !== messages.at(-1)) continue
    terminal.write(Buffer.concat(frames))
    frames = []
    bytes = 0
    await terminal.drained()
  }
}

function missedJson({ live }: NativeTerminal, message: Message): string {
  const { sender, recipient } = message
  const peer = isGroup(recipient) ? recipient : sender
  return messageJson(message, peer, live.directory, live.views.generation, MESSAGE_TYPE)
}
