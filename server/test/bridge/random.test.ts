/** Contents of any kind that their door accepts, carried over at random. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { imkitFieldsOf } from '../../src/api/bridge/imkit-from-tim.ts'
import { timFieldsOf } from '../../src/api/bridge/tim-from-imkit.ts'
import { elementRules, imageFields } from '../../src/api/tim/elements.ts'
import { checkMessageBody, settleMessageBody } from '../../src/api/tim/message-body.ts'
import { acceptedTimContent, element, imkitContent } from './contents.ts'

/** BRIDGE_SEED=… repeats a run. */
const seed = Number(process.env.BRIDGE_SEED ?? Date.now() % 2 ** 31)
const runs = { seed, numRuns: 2000 }

const anyText = fc.string({ unit: 'binary', maxLength: 30 })
const anyUrl = fc.oneof(anyText, fc.webUrl({ withQueryParameters: true }))
const anyJson = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined))
const anyNumber = fc.oneof(fc.constantFrom(0, 1, 2, 3, -1), fc.double({ noNaN: true }), fc.nat())

/** A value for a field: mostly one that its rule likes. */
const anyField = fc.oneof(
  { weight: 3, arbitrary: anyText },
  { weight: 3, arbitrary: anyNumber },
  { weight: 1, arbitrary: anyJson },
  { weight: 1, arbitrary: fc.constant(2) },
)

const anyImage = fc.record(
  Object.fromEntries(imageFields.map(({ name }) => [name, name === 'URL' ? anyUrl : anyField])),
)

const anyElement = fc.constantFrom(...elementRules.keys()).chain((type) => {
  const { fields } = elementRules.get(type)!
  const arbitraries = fields.map(({ name }): [string, fc.Arbitrary<unknown>] => {
    if (name === 'ImageInfoArray') return [name, fc.array(anyImage, { maxLength: 3 })]
    const isUrl = name.toLowerCase().endsWith('url')
    return [name, isUrl ? anyUrl : name.includes('Flag') ? fc.constant(2) : anyField]
  })
  const required = fields.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  const fieldsOf: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(arbitraries)
  const content = fc.record(fieldsOf, { requiredKeys: required })
  return content.map((MsgContent) => element(type as string, MsgContent))
})

const anyImkit = fc.record(
  {
    messageType: fc.oneof(
      fc.constantFrom('text', 'image', 'audio', 'video', 'file', 'location', 'mixed', 'sticker'),
      anyText,
    ),
    message: fc.oneof(anyText, anyJson),
    originalUrl: fc.oneof(anyUrl, anyJson),
    thumbnailUrl: fc.oneof(anyUrl, anyJson),
    url: fc.oneof(anyUrl, anyJson),
    duration: anyField,
    width: anyField,
    height: anyField,
    latitude: anyField,
    longitude: anyField,
    images: fc.oneof(fc.array(fc.oneof(fc.record({ originalUrl: anyField }), anyJson)), anyJson),
    extra: anyJson,
  },
  { requiredKeys: [] },
)

test(`whatever IMKIT says, TIM accepts what comes out (BRIDGE_SEED=${seed})`, () => {
  fc.assert(
    fc.property(anyImkit, (fields) => {
      const { MsgBody, CloudCustomData = '' } = timFieldsOf(imkitContent(fields))
      expect(checkMessageBody(MsgBody)).toBe(MsgBody)
      expect(settleMessageBody(MsgBody)).toBe(MsgBody)
      expect(typeof CloudCustomData).toBe('string')
    }),
    runs,
  )
})

test(`whatever TIM accepts has a type and a text in IMKIT (BRIDGE_SEED=${seed})`, () => {
  let accepted = 0
  fc.assert(
    fc.property(
      fc.array(anyElement, { minLength: 1, maxLength: 3 }),
      fc.option(anyText, { nil: undefined }),
      (body, CloudCustomData) => {
        let content: ReturnType<typeof acceptedTimContent>
        try {
          content = acceptedTimContent(
            body,
            CloudCustomData === undefined ? {} : { CloudCustomData },
          )
        } catch {
          return
        }
        accepted += 1
        const fields = imkitFieldsOf(content)
        expect(typeof fields.messageType).toBe('string')
        expect(typeof fields.message).toBe('string')
        const { extra = {} } = fields
        expect(extra).toBeInstanceOf(Object)
        expect(Array.isArray(extra)).toBe(false)
        JSON.stringify(fields)
      },
    ),
    runs,
  )
  expect(accepted).toBeGreaterThan(30)
})

test(`a text goes there and back (BRIDGE_SEED=${seed})`, () => {
  fc.assert(
    fc.property(anyText, fc.dictionary(anyText, fc.jsonValue()), (message, extra) => {
      const body = [element('TIMTextElem', { Text: message })]
      const there = imkitFieldsOf(
        acceptedTimContent(body, { CloudCustomData: JSON.stringify(extra) }),
      )
      expect(there.message).toBe(message)
      const back = timFieldsOf(imkitContent(there))
      expect(back.MsgBody).toEqual(body)
      expect(JSON.parse(back.CloudCustomData!)).toEqual(JSON.parse(JSON.stringify(extra)))
    }),
    runs,
  )
})
