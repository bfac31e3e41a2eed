/**
 * POST /messages/batch: one template, and a message of its own for every
 * entry. What is wrong with the call refuses all of it; what is wrong with one
 * entry, such as a receiver whom nobody knows, fails that entry alone.
 */
import { crc32 } from 'node:zlib'
import { Trait } from '../../../domain/batch.ts'
import type { Settled } from '../../../pipeline/settle.ts'
import { Refusal } from '../answers.ts'
import { parseBody } from '../body.ts'
import { accountOf, adminClient } from '../clients.ts'
import { contentOf } from '../content.ts'
import { headerOf } from '../credentials.ts'
import { flag, optionalText } from '../fields.ts'
import { batchId } from '../objects/batch-id.ts'
import type { Call, Client, Door, Platform, Route } from '../route.ts'
import { listOf, parseParas } from './paras.ts'
import { scanParas } from './scan-paras.ts'

type BatchCall = Call<Platform | Client>

/** The fields of a message that are templates. */
const TEMPLATE_FIELDS = [
  'message',
  'extra',
  'template',
  'contents',
  'images',
  'url',
  'originalUrl',
  'thumbnailUrl',
]

export const postBatch: Route = {
  method: 'POST',
  path: '/messages/batch',
  access: 'both',
  parse: (bytes, { settings, directory }) =>
    scanParas(bytes, settings.batchEntriesMax, directory) ?? parseBody(bytes),
  async handle(call, door) {
    const { caller, body, bytes } = call
    const { settings, pipeline, views, directory } = door
    const list = listOf(body, settings.batchEntriesMax)
    const content = contentOf(body)
    const push = pushOf(call)
    const key = keyOf(call)
    const sender = await senderOf(call, door)
    const { entries, variables } = parseParas(list, caller.kind, directory)

    const settled = await pipeline.settle(sender, entries, {
      membersOnly: caller.kind === 'client',
      notToSelf: true,
    })
    if (settings.strictReceivers) requireReceivers(settled)
    const { place } = await pipeline.accept({
      sender,
      ...settled,
      content,
      ...(variables === null ? {} : { variables: { fields: TEMPLATE_FIELDS, entries: variables } }),
      ...push,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: key === null ? 0 : crc32(bytes),
      key,
      contentBytesMax: settings.imkitMessageBytes,
    })
    return { batchID: batchId(views.generation, place), count: entries.accounts.length }
  },
}

/** A single message asks for notifications by default, a batch does not. */
function pushOf({ body }: BatchCall): { traits: number; push: string } {
  const push = flag(body, 'push', false)
  const skipTotalBadge = flag(body, 'skipTotalBadge', false)
  const traits = Trait.echoed | Trait.readsForSender | Trait.batched | Trait.mutable
  return {
    traits: push ? traits : traits | Trait.unpushed,
    push: JSON.stringify(skipTotalBadge ? { push, skipTotalBadge } : { push }),
  }
}

const KEY_BYTES_MAX = 255

/** Two callers may use the same key; the platform is one caller, whomever it sends for. */
function keyOf({ caller, headers }: BatchCall): string | null {
  const key = headerOf(headers, 'idempotency-key')
  if (key === undefined) return null
  if (key.length > KEY_BYTES_MAX) {
    const message = `Idempotency-Key: expected at most ${KEY_BYTES_MAX} bytes, but ${key.length} came`
    throw new Refusal('INVALID_REQUEST', message)
  }
  return `imkit ${caller.kind === 'platform' ? 'platform' : caller.account} ${key}`
}

async function senderOf({ caller, body }: BatchCall, door: Door): Promise<number> {
  const sender = optionalText(body, 'sender')
  if (caller.kind === 'platform') {
    return sender === undefined
      ? (await adminClient(door)).account
      : accountOf('sender', sender, door)
  }
  if (sender === undefined || sender === caller.id) return caller.account
  const message = `sender: expected ${JSON.stringify(caller.id)}, whose token came, or the API key`
  throw new Refusal('INSUFFICIENT_PERMISSIONS', message)
}

function requireReceivers({ failures }: Settled): void {
  const unknown = failures.find(({ code }) => code === 'unknownAccount')
  if (unknown === undefined) return
  const message = `paras[${unknown.ordinal}].receiver: there is no client ${JSON.stringify(unknown.id)}`
  throw new Refusal('CLIENT_NOT_FOUND', message)
}
