/**
 * MsgBody: an ordered array of elements. It is checked in two rounds, because
 * the shape of any entry is a fault before the content of any other is.
 */
import { createHash } from 'node:crypto'
import { LEVELS_MAX, nestsDeeper } from '../../lib/nesting.ts'
import type { TimElement } from '../bridge/tim-from-imkit.ts'
import { Refusal } from './codes.ts'
import { type ContentField, type ElementContent, elementRules, imageFields } from './elements.ts'
import { type Fields, isObject, unexpected } from './fields.ts'

/** MsgBody as it came, once nothing is wrong with it. */
export function checkMessageBody(body: unknown): readonly TimElement[] {
  if (body === undefined || body === null) {
    throw unexpected(90002, 'MsgBody', 'an array of elements', body)
  }
  if (!Array.isArray(body)) throw unexpected(90007, 'MsgBody', 'an array of elements', body)
  if (body.length === 0) throw unexpected(90002, 'MsgBody', 'at least one element', body)
  body.forEach(checkShape)
  body.forEach(checkContent)
  body.forEach(checkDepth)
  checkTogether(body)
  return body
}

function checkShape(element: unknown, at: number): void {
  const name = `MsgBody[${at}]`
  if (!isObject(element)) throw unexpected(90002, name, 'an object', element)
  const { MsgType, MsgContent } = element
  if (typeof MsgType !== 'string') throw unexpected(90002, `${name}.MsgType`, 'a string', MsgType)
  if (!isObject(MsgContent)) {
    throw unexpected(90002, `${name}.MsgContent`, 'an object', MsgContent)
  }
}

function checkContent({ MsgType, MsgContent }: TimElement, at: number): void {
  const name = `MsgBody[${at}].MsgContent`
  const rule = elementRules.get(MsgType)
  if (rule === undefined) {
    const types = [...elementRules.keys()].join(', ')
    throw unexpected(90010, `MsgBody[${at}].MsgType`, `one of ${types}`, MsgType)
  }
  checkFields(MsgContent, rule.fields, name)
  if (MsgType === 'TIMImageElem') {
    const images = MsgContent.ImageInfoArray as Fields[]
    images.forEach((image, i) => {
      checkFields(image, imageFields, `${name}.ImageInfoArray[${i}]`)
    })
  }
  const fault = rule.fault?.(MsgContent) ?? null
  if (fault !== null) throw new Refusal(90010, `${name}: ${fault}`)
}

function checkDepth(element: TimElement, at: number): void {
  if (!nestsDeeper(element, 1 + LEVELS_MAX)) return
  const expected = `at most ${LEVELS_MAX} levels of arrays and objects`
  throw new Refusal(90010, `MsgBody[${at}]: expected ${expected} in a field, but more came`)
}

function checkFields(content: Fields, fields: readonly ContentField[], name: string): void {
  for (const field of fields) {
    const value = content[field.name] ?? undefined
    if (value === undefined ? !field.isRequired : field.kind.accepts(value)) continue
    throw unexpected(90010, `${name}.${field.name}`, field.kind.expected, value)
  }
}

function checkTogether(elements: readonly TimElement[]): void {
  const customs = elements.filter(({ MsgType }) => elementRules.get(MsgType)!.count === 'one')
  if (customs.length > 1) {
    throw new Refusal(90010, `MsgBody: expected one TIMCustomElem, but ${customs.length} came`)
  }
  const alone = elements.find(({ MsgType }) => elementRules.get(MsgType)!.count === 'alone')
  if (alone !== undefined && elements.length > 1) {
    throw new Refusal(90010, `MsgBody: expected nothing beside a ${alone.MsgType}`)
  }
}

/**
 * MsgBody as it is stored: missing UUIDs are filled, options that came as null
 * are left out, and of two forms of a bundle one remains. The same array when
 * there is nothing to change.
 */
export function settleMessageBody(elements: readonly TimElement[]): readonly TimElement[] {
  const settled = elements.map(settleElement)
  return settled.every((element, i) => element === elements[i]) ? elements : settled
}

function settleElement(element: TimElement): TimElement {
  const { MsgType, MsgContent } = element
  const { fields, uuids = [] } = elementRules.get(MsgType)!
  const unset = unsetOf(MsgContent, fields)
  const filled = uuids.filter(({ field }) => (MsgContent[field] ?? null) === null)
  const images = MsgType === 'TIMImageElem' ? (MsgContent.ImageInfoArray as ElementContent[]) : []
  const hasUnsetImages = images.some((image) => unsetOf(image, imageFields).length > 0)
  if (MsgType === 'TIMRelayElem' && Array.isArray(MsgContent.MsgList)) unset.push('JsonMsgKey')
  const isUnchanged = !unset.some((name) => Object.hasOwn(MsgContent, name))
  if (isUnchanged && filled.length === 0 && !hasUnsetImages) return element

  const content = without(MsgContent, unset)
  for (const { field, url } of filled) content[field] = md5(url(content) as string)
  if (hasUnsetImages) {
    content.ImageInfoArray = images.map((image) => without(image, unsetOf(image, imageFields)))
  }
  return { ...element, MsgContent: content }
}

/** The fields that came as null. */
function unsetOf(content: ElementContent, fields: readonly ContentField[]): string[] {
  return fields.filter(({ name }) => content[name] === null).map(({ name }) => name)
}

function without(content: ElementContent, names: readonly string[]): ElementContent {
  const rest = { ...content }
  for (const name of names) delete rest[name]
  return rest
}

function md5(url: string): string {
  return createHash('md5').update(url).digest('hex')
}

/** The message in plain words: the push texts of its elements, joined without a separator. */
export function textOf(elements: readonly TimElement[]): string {
  return elements
    .map(({ MsgType, MsgContent }) => elementRules.get(MsgType)!.text(MsgContent))
    .join('')
}
