/**
 * POST /v4/openim/modify_c2c_msg: lets a message say something else, on both sides of its
 * conversation. Of a batch that is one recipient's copy. What is not given stays as it is.
 */
import type { Content } from '../../../domain/batch.ts'
import { Turns } from '../../../pipeline/turns.ts'
import { type TimElement, timFieldsOf } from '../../bridge/tim-from-imkit.ts'
import { succeeded } from '../answers.ts'
import { Refusal } from '../codes.ts'
import type { Command, Door } from '../command.ts'
import { changeCopies, findCopies, type NamedCopies, parseNamedCopies } from '../copies.ts'
import { type Fields, optional, string } from '../fields.ts'
import { parseBody } from '../json.ts'
import { checkMessageBody } from '../message-body.ts'
import { checkSize, contentOf } from '../message-content.ts'
import { formatMessageKey } from '../message-key.ts'

export const modify_c2c_msg: Command = {
  service: 'openim',
  name: 'modify_c2c_msg',
  callsPerSecond: 200,
  async handle(body, { door }) {
    const fields = parseBody(body, 90001)
    const named = parseNamedCopies(fields, door.directory, 90012)
    const parts = parseParts(fields)
    const { sender, recipient, key } = named
    return turns.take(`${sender} ${recipient} ${formatMessageKey(key)}`, () =>
      modify(named, parts, door),
    )
  },
}

/** A change of one part keeps what the change before it has said in the other. */
const turns = new Turns()

async function modify(
  named: NamedCopies,
  parts: Parts,
  { pipeline, settings, views }: Door,
): Promise<string> {
  const copies = await findCopies(named, views)
  const changes = copies.flatMap((copy) => {
    if (copy.content === null) return []
    return [{ copy, content: changed(copy.content, parts, settings.timMessageBytes) }]
  })
  if (await changeCopies(changes, pipeline)) return succeeded({ ErrorInfo: 'succeed' })
  throw new Refusal(20022)
}

/** What the message says from now on. */
interface Parts {
  elements: readonly TimElement[] | undefined
  custom: string | undefined
}

function parseParts(fields: Fields): Parts {
  const elements = (fields.MsgBody ?? null) === null ? undefined : checkMessageBody(fields.MsgBody)
  const custom = optional<string>(fields, 'CloudCustomData', string, 90010)
  if (elements !== undefined || custom !== undefined) return { elements, custom }
  throw new Refusal(90010, 'expected MsgBody, CloudCustomData or both, but neither came')
}

function changed(content: Content, parts: Parts, bytesMax: number): Content {
  const { MsgBody, CloudCustomData, SupportMessageExtension } = timFieldsOf(content)
  const elements = parts.elements ?? MsgBody
  const custom = parts.custom ?? CloudCustomData
  const body = JSON.stringify(elements)
  checkSize({ body, custom }, bytesMax)
  return contentOf({ elements, body, custom, isExtensible: SupportMessageExtension === 1 })
}
