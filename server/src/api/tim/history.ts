/**
 * The history of a pair in the order of TIM: by second, in it by MsgSeq, then
 * by place. A second is collected whole before it is sorted.
 *
 * What comes out, from new to old, are *blocks*: the smallest runs that a page
 * may not split. Copies that share a MsgKey are in one block, because a page
 * ends with a key and the next one goes on below all copies of it.
 *
 * Seconds only fall. Where the clock was set back by more than the journal
 * makes up for, what was written in a second again is not met by paging, and is
 * found by asking for its time.
 */
import type { Message } from '../../domain/message.ts'
import type { Views } from '../../views/views.ts'
import { formatMessageKey, keyOf, type MessageKey, secondOf } from './message-key.ts'

export interface HistoryQuery {
  /** The account whose view it is, and the other side. */
  account: number
  peer: number
  /** Unix seconds; both are included. */
  fromSecond: number
  toSecond: number
  /** The oldest key of the page before; null: from the newest on. */
  below: MessageKey | null
  /** How many copies to read at a time. */
  step: number
}

export interface Entry {
  message: Message
  key: MessageKey
}

export type Block = readonly Entry[]

export async function* blocksOf(query: HistoryQuery, views: Views): AsyncGenerator<Block> {
  const { below } = query
  for await (const messages of secondsOf(query, views)) {
    const entries = messages.map((message) => ({ message, key: keyOf(message, views.generation) }))
    const blocks = split(entries.sort(newestFirst))
    yield* below?.second === entries[0]!.key.second ? after(blocks, below) : blocks
  }
}

/** Every readable copy of the span, a second at a time, newest second first. */
async function* secondsOf(query: HistoryQuery, views: Views): AsyncGenerator<Message[]> {
  const { account, peer, fromSecond, below, step } = query
  let toSecond = Math.min(query.toSecond, below?.second ?? query.toSecond)
  if (fromSecond > toSecond) return
  let { after, before } = views.between(fromSecond * 1000, toSecond * 1000 + 999)
  let gathered: Message[] = []
  for (;;) {
    const page = { after, before, limit: step, order: 'newest' } as const
    const lines = await views.history(account, peer, page)
    for (const { message } of lines) {
      const second = message === null ? -1 : secondOf(message.time)
      if (second < fromSecond || second > toSecond) continue
      if (gathered.length > 0 && second < secondOf(gathered[0]!.time)) {
        yield gathered
        gathered = []
      }
      gathered.push(message!)
      toSecond = second
    }
    if (lines.length < step) break
    before = lines.at(-1)!.position
  }
  if (gathered.length > 0) yield gathered
}

function newestFirst(a: Entry, b: Entry): number {
  return b.message.seq - a.message.seq || b.message.position - a.message.position
}

/** Cuts wherever no key stands on both sides. */
function split(entries: readonly Entry[]): Block[] {
  const lastAt = new Map(entries.map(({ key }, at) => [formatMessageKey(key), at]))
  const blocks: Block[] = []
  let from = 0
  let reach = 0
  for (const [at, { key }] of entries.entries()) {
    reach = Math.max(reach, lastAt.get(formatMessageKey(key))!)
    if (reach > at) continue
    blocks.push(entries.slice(from, at + 1))
    from = at + 1
  }
  return blocks
}

/** The blocks after the one with the key. When it is there no more: those that its MsgSeq does not exclude. */
function after(blocks: readonly Block[], below: MessageKey): readonly Block[] {
  const key = formatMessageKey(below)
  const at = blocks.findIndex((block) => block.some((entry) => formatMessageKey(entry.key) === key))
  if (at >= 0) return blocks.slice(at + 1)
  return blocks.filter((block) => block.at(-1)!.key.seq <= below.seq)
}
