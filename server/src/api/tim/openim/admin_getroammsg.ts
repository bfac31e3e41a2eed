/**
 * POST /v4/openim/admin_getroammsg: the history of two users as the first of
 * them sees it, page by page from new to old; inside a page from old to new.
 */
import { knownAccount } from '../accounts.ts'
import { succeeded } from '../answers.ts'
import type { Command, Door } from '../command.ts'
import {
  eitherOf,
  type Fields,
  integer,
  type Kind,
  optional,
  required,
  string,
  unexpected,
} from '../fields.ts'
import { blocksOf, type Entry, type HistoryQuery } from '../history.ts'
import { entryText } from '../history-entry.ts'
import { parseBody } from '../json.ts'
import { formatMessageKey, type MessageKey, parseMessageKey, secondOf } from '../message-key.ts'

export const admin_getroammsg: Command = {
  service: 'openim',
  name: 'admin_getroammsg',
  callsPerSecond: 200,
  async handle(body, { door }) {
    const fields = parseBody(body, 90001)
    const first = eitherOf(fields, 'Operator_Account', 'From_Account')
    const second = eitherOf(fields, 'Peer_Account', 'To_Account')
    const account = knownAccount(fields, first, door.directory, 90008)
    const peer = knownAccount(fields, second, door.directory, 90003)
    const countMax = required<number>(fields, 'MaxCnt', positive, 90001)
    const minTime = required<number>(fields, 'MinTime', integer, 90001)
    const maxTime = required<number>(fields, 'MaxTime', integer, 90001)
    const query: HistoryQuery = {
      account,
      peer,
      fromSecond: Math.max(minTime, windowStart(door)),
      toSecond: Math.min(maxTime, SECOND_MAX),
      below: parseBelow(fields),
      step: Math.min(Math.max(countMax + 1, STEP_MIN), STEP_MAX),
    }
    return page(query, countMax, door)
  },
}

/** The vendor cuts a page at about this much of response. */
const PAGE_BYTES = 13 * 1024
const SECOND_MAX = 0xffffffff
/** One copy more than asked for tells whether there are more; a page of small ones has some 40. */
const STEP_MIN = 8
const STEP_MAX = 64

const positive: Kind = {
  expected: 'an integer of at least 1',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 1,
}

function windowStart({ settings, now }: Door): number {
  return settings.timRoamingDays === 0 ? 0 : secondOf(now()) - settings.timRoamingDays * 86_400
}

/** The oldest key of the page before. An empty one says that there was none. */
function parseBelow(fields: Fields): MessageKey | null {
  const came = optional<string>(fields, 'LastMsgKey', string, 90001)
  if (came === undefined || came === '') return null
  const key = parseMessageKey(came)
  if (key !== null) return key
  throw unexpected(90001, 'LastMsgKey', 'three decimal numbers joined by _', came)
}

/** Whole blocks until the page is full. The first one goes in whatever its size. */
async function page(query: HistoryQuery, countMax: number, door: Door): Promise<string> {
  const texts: string[] = []
  let bytes = 0
  let oldest: Entry | undefined
  let isComplete = true
  for await (const block of blocksOf(query, door.views)) {
    const more = block.map((entry) => entryText(entry, door.directory, door.views))
    const size = more.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
    const fits = texts.length + more.length <= countMax && bytes + size <= PAGE_BYTES
    if (!fits && texts.length > 0) {
      isComplete = false
      break
    }
    texts.push(...more)
    bytes += size
    oldest = block.at(-1)
  }
  const head = succeeded({
    Complete: isComplete ? 1 : 0,
    MsgCnt: texts.length,
    LastMsgTime: oldest?.key.second ?? 0,
    LastMsgKey: oldest === undefined ? '' : formatMessageKey(oldest.key),
  })
  return `${head.slice(0, -1)},"MsgList":[${texts.reverse().join(',')}]}`
}
