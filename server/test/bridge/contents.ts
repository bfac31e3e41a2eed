/** Contents as the doors store them. */
import type { TimElement } from '../../src/api/bridge/tim-from-imkit.ts'
import { checkMessageBody } from '../../src/api/tim/message-body.ts'
import { contentOf } from '../../src/api/tim/message-content.ts'
import type { Content } from '../../src/domain/batch.ts'

export function element(
  MsgType: string,
  MsgContent: TimElement['MsgContent'],
): TimElement & Record<string, unknown> {
  return { MsgType, MsgContent }
}

export interface Beside {
  CloudCustomData?: string
  SupportMessageExtension?: 1
}

export function timContent(elements: readonly TimElement[], beside: Beside = {}): Content {
  const { CloudCustomData: custom, SupportMessageExtension } = beside
  const isExtensible = SupportMessageExtension === 1
  const { text } = contentOf({ elements, body: '', custom, isExtensible })
  return { format: 'tim', json: JSON.stringify({ MsgBody: elements, ...beside }), text }
}

/** The same through the checks of the door. */
export function acceptedTimContent(body: unknown, beside: Beside = {}): Content {
  const elements = checkMessageBody(body)
  const { CloudCustomData: custom, SupportMessageExtension } = beside
  const isExtensible = SupportMessageExtension === 1
  return contentOf({ elements, body: JSON.stringify(elements), custom, isExtensible })
}

export function imkitContent(fields: Record<string, unknown>, text = 'plain words'): Content {
  return { format: 'imkit', json: JSON.stringify(fields), text }
}

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

/** Texts, and the objects that they are to clients of IMKIT. */
export const objects: [string, string, unknown][] = [
  ['the JSON of an object is that object', '{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
  ['words are not JSON', 'order 91', { data: 'order 91' }],
  ['broken JSON stays as it is', '{"a":', { data: '{"a":' }],
  ['the JSON of a number stays as it is', '91', { data: '91' }],
  ['the JSON of null stays as it is', 'null', { data: 'null' }],
  ['the JSON of a string stays as it is', '"a"', { data: '"a"' }],
  ['the JSON of an array stays as it is', '[1,2]', { data: '[1,2]' }],
  ['the JSON of what nests in 64 levels is an object', deep(64), JSON.parse(deep(64))],
  ['the JSON of what nests deeper stays as it is', deep(65), { data: deep(65) }],
  ['JSON that would exhaust a stack stays as it is', deep(20_000), { data: deep(20_000) }],
]
