/** GET /messages/batch?batchID=…: the messages of a batch, and what became of the other entries. */

import { NOBODY } from '../../../domain/account.ts'
import type { Batch, Failure, FailureCode } from '../../../domain/batch.ts'
import { type Place, type Position, positionOf } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import { Refusal } from '../answers.ts'
import { headOf } from '../objects/batch-id.ts'
import { messageObjects } from '../objects/message.ts'
import { wholeIn } from '../queries.ts'
import type { Route } from '../route.ts'

/** How many failed entries are listed at most; `failedCount` has all. */
const FAILED_MAX = 1000

export const getBatch: Route = {
  method: 'GET',
  path: '/messages/batch',
  access: 'platform',
  async handle({ query }, door) {
    const id = query.get('batchID')
    if (id === null || id === '') {
      throw new Refusal(
        'MISSING_PARAMETER',
        'batchID: expected the id of a batch, but nothing came',
      )
    }
    const skip = wholeIn(query, 'skip', { fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const limit = wholeIn(query, 'limit', { fallback: 100, max: 1000 })
    const head = headOf(id, door.views.generation)
    const records = head === null ? [] : recordsFrom(head, await door.views.batch(head))

    const positions = records.flatMap(positionsIn)
    const messages = await door.views.messages(positions.slice(skip, skip + limit))
    const there = messages.filter((message) => message !== null)
    const failed = records.flatMap(failedIn)
    return {
      count: positions.length,
      ...progressOf(records),
      failedCount: failed.length,
      failed: failed.slice(0, FAILED_MAX),
      data: await messageObjects(there, door),
    }
  },
}

/** A batch begins with its head: a part, or parts of which the head is damaged, are none. */
function recordsFrom(head: Place, records: Stored<Batch>[]): Stored<Batch>[] {
  const [first] = records
  return first?.place === head && first.record.series?.head == null ? records : []
}

function positionsIn({ place, record: { recipients } }: Stored<Batch>): Position[] {
  const positions: Position[] = []
  recipients.forEach((recipient, ordinal) => {
    if (recipient !== NOBODY) positions.push(positionOf(place, ordinal))
  })
  return positions
}

function progressOf(records: readonly Stored<Batch>[]): Record<string, unknown> {
  const [head] = records
  if (head === undefined) return { total: 0 }
  const there = records.reduce((sum, { record }) => sum + record.recipients.length, 0)
  const total = head.record.series?.total ?? there
  return { total, status: there < total ? 'running' : 'done' }
}

function failedIn({ record: { failures, series } }: Stored<Batch>) {
  return failures.map(({ ordinal, id, code }) => ({
    index: (series?.first ?? 0) + ordinal,
    code: failedCodes[code].code,
    message: failedCodes[code].message({ ordinal, id, code }),
  }))
}

const failedCodes: Record<FailureCode, { code: string; message(failure: Failure): string }> = {
  unknownAccount: {
    code: 'CLIENT_NOT_FOUND',
    message: ({ id }) => `there is no client ${quoted(id)}`,
  },
  unknownConversation: {
    code: 'ROOM_NOT_FOUND',
    message: ({ id }) => `there is no room ${quoted(id)}`,
  },
  notMember: {
    code: 'NOT_ROOM_MEMBER',
    message: ({ id }) => `the sender is no member of ${quoted(id)}`,
  },
  blocked: { code: 'BLOCKED', message: ({ id }) => `the sender and ${quoted(id)} do not talk` },
  frozen: {
    code: 'ROOM_FROZEN',
    message: ({ id }) => `nothing can be said to ${quoted(id)} at present`,
  },
  self: { code: 'SELF', message: () => 'the receiver is the sender' },
  tooLarge: { code: 'MESSAGE_TOO_LARGE', message: () => 'the message is too large' },
}

function quoted(id: string): string {
  return JSON.stringify(id)
}
