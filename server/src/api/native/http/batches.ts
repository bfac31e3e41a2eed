/**
 * GET /v1/batches/{id}: the ledger of a batch, for the platform and for its
 * sender. A batch is named by the id of any of its messages, by the id that
 * another door gave to all of it, or, together with its sender, by what the sender called it.
 */
import { NOBODY } from '../../../domain/account.ts'
import type { Batch } from '../../../domain/batch.ts'
import { Fault } from '../../../domain/errors.ts'
import { idSuffix, messageId, parseMessageId } from '../../../domain/message-id.ts'
import { placeOf, positionOf } from '../../../domain/place.ts'
import type { Stored } from '../../../domain/record.ts'
import type { Directory } from '../../../engines/directory.ts'
import type { LedgerTotals } from '../../../views/ledger.ts'
import type { LedgerEntry } from '../../../views/ledger-entries.ts'
import type { Push } from '../../../views/pushes.ts'
import { described, FieldFault } from '../fields.ts'
import { peerField } from '../message-json.ts'
import { numberOf } from './callers.ts'
import { limitOf } from './queries.ts'
import type { Call, HttpContext, HttpRequest } from './route.ts'

export const getBatch: Call = async (context, request) => {
  const { callers, directory, views } = context
  const caller = await callers.callerOf(request.headers)
  const id = request.parameter('id')
  const skip = skipOf(request.query('skip'))
  const limit = limitOf(request.query('limit'))
  const head = await find(id, caller, request, context)
  if (head === null || (caller !== NOBODY && caller !== head.record.sender)) throw noBatch(id)

  const entries = await views.ledger.entries(head, skip, limit)
  const { place, time, record } = head
  const total = record.series?.total ?? record.recipients.length
  const next = skip + limit
  return JSON.stringify({
    id: messageId(views.generation, positionOf(place, 0)),
    from: directory.id(record.sender),
    time,
    total,
    ...(skip === 0 ? { totals: totalsJson(await views.ledger.totals(head)) } : {}),
    entries: entries.map((entry) => entryJson(entry, views.generation, directory)),
    next: next < total ? next : null,
  })
}

/** The sender's order number and random number, and the second of the call. */
const SENDERS_NAME = /^(\d{1,10})_(\d{1,10})_(\d{1,10})$/

/** What stands in the place of an ordinal when all of a batch is meant. */
const ALL_ORDINALS = 'ffffffff'

async function find(
  id: string,
  caller: number,
  request: HttpRequest,
  { directory, views }: HttpContext,
): Promise<Stored<Batch> | null> {
  const name = SENDERS_NAME.exec(id)
  if (name === null) {
    const ofMessage = id.endsWith(ALL_ORDINALS) ? `${id.slice(0, -8)}${idSuffix(0)}` : id
    const parsed = parseMessageId(ofMessage)
    if (parsed?.generation !== views.generation) return null
    return views.ledger.headOf(placeOf(parsed.position))
  }
  const named = request.query('sender')
  const sender =
    caller !== NOBODY && named === undefined ? caller : numberOf('sender', named, directory)
  const [seq, random, second] = name.slice(1).map(Number) as [number, number, number]
  return views.ledger.named({ sender, seq, random, second })
}

function noBatch(id: string): Fault {
  return new Fault('notFound', `id: there is no batch ${described(id)}`)
}

/** How many entries to leave out. */
function skipOf(text = '0'): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new FieldFault('skip', 'a whole number from 0 to 999999999', described(text))
}

function totalsJson({ states, failures, pushes }: LedgerTotals): object {
  const { pushed, refused, skipped } = pushes
  return {
    ...states,
    failures,
    pushes: {
      pushed,
      refused: Object.fromEntries(refused),
      skipped: Object.fromEntries(skipped),
    },
  }
}

function entryJson(entry: LedgerEntry, generation: number, directory: Directory): object {
  const { number, position, recipient, state, failure, pushes } = entry
  if (recipient === NOBODY) {
    return { number, state, ...(failure === null ? {} : { to: failure.id, code: failure.code }) }
  }
  return {
    number,
    id: messageId(generation, position),
    ...peerField(recipient, directory),
    state,
    pushes: pushes.map((push) => pushJson(push, directory)),
  }
}

function pushJson(push: Push, directory: Directory): object {
  const { way, account, deviceId, state, detail, isRetryable, time } = push
  return {
    account: directory.id(account),
    ...(way === 'none' ? {} : { way }),
    ...(deviceId === '' ? {} : { device: deviceId }),
    state,
    ...(state === 'pushed' ? { id: detail } : { reason: detail }),
    ...(state === 'refused' ? { isRetryable } : {}),
    time,
  }
}
