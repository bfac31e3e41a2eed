/**
 * POST /v4/openim/batchsendmsg: one message to each of up to 500 users, live
 * on the screens that are open and in the history of the others.
 *
 * Every entry's fate is decided here: a known recipient gets a copy, an
 * unknown one stands in the ErrorList, a repeated one is delivered once.
 */
import { NOBODY } from '../../../domain/account.ts'
import { seqOf } from '../../../domain/batch.ts'
import type { Directory } from '../../../engines/directory.ts'
import type { Accepted } from '../../../pipeline/pipeline.ts'
import { partlySucceeded, succeeded } from '../answers.ts'
import { Refusal } from '../codes.ts'
import type { Command, Context } from '../command.ts'
import { type Fields, unexpected } from '../fields.ts'
import { parseBody } from '../json.ts'
import { type Message, type MessageLimits, parseMessage } from '../message.ts'
import { formatMessageKey, formatMsgId, secondOf } from '../message-key.ts'
import { Gathering, numberOf, type Recipients } from '../recipients.ts'
import { parseRecipients } from './parse-recipients.ts'
import { scanRecipients } from './scan-recipients.ts'

export const batchsendmsg: Command = {
  service: 'openim',
  name: 'batchsendmsg',
  callsPerSecond: 200,
  async handle(body, context) {
    const { directory, settings, pipeline, takeRecipients } = context.door
    const { from, recipients, message } = parseBatchSendMsg(body, directory, settings)
    const sender = senderOf(from, context)
    if (recipients.known === 0) throw new Refusal(90012, 'invalid To_Account')
    if (!takeRecipients(recipients.numbers.length)) {
      throw new Refusal(60007, 'the recipients of this minute are used up')
    }
    const { numbers, failures } = recipients
    const accepted = await pipeline.accept({ ...message, sender, recipients: numbers, failures })
    return answer(accepted, recipients)
  },
}

export interface BatchSendMsg {
  /** Undefined: the calling administrator sends. */
  from: string | undefined
  recipients: Recipients
  message: Message
}

const gathering = new Gathering()

/** The call, checked in the documented order. What needs the sender or the recipients comes last. */
export function parseBatchSendMsg(
  body: Buffer,
  directory: Directory,
  limits: MessageLimits,
): BatchSendMsg {
  const fields =
    scanRecipients(body, directory, gathering)?.fields ?? parseOrdinarily(body, directory)
  const recipients = gathering.end()
  const from = parseFrom(fields)
  return { from, recipients, message: parseMessage(fields, limits) }
}

function parseOrdinarily(body: Buffer, directory: Directory): Fields {
  const fields = parseBody(body, 90001)
  parseRecipients(fields, directory, gathering)
  return fields
}

function parseFrom(fields: Fields): string | undefined {
  const from = fields.From_Account ?? undefined
  if (from === undefined || (typeof from === 'string' && from !== '')) return from
  throw unexpected(90008, 'From_Account', 'the UserID of an account', from)
}

function senderOf(from: string | undefined, { caller, door }: Context): number {
  const sender = from === undefined ? door.directory.number(caller) : numberOf(door.directory, from)
  if (sender !== NOBODY) return sender
  if (from !== undefined) throw unexpected(90008, 'From_Account', 'an imported account', from)
  throw new Refusal(90048, `the calling administrator ${caller} is not imported`)
}

/** A repeated call has the answer of the first one, but names those who are unknown now. */
function answer({ place, time, batch }: Accepted, { failures }: Recipients): string {
  const second = secondOf(time)
  const { sender, random } = batch
  const names = {
    MsgKey: formatMessageKey({ seq: seqOf(batch, place), random, second }),
    MsgId: formatMsgId(sender, second, random),
  }
  if (failures.length === 0) return succeeded(names)
  const ErrorList = failures.map(({ id }) => ({ To_Account: id, ErrorCode: 70107 }))
  return partlySucceeded({ ...names, ErrorList })
}
