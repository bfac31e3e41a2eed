import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64, filled, type Packing, plain } from './packets.ts'

/** What a client makes of a packet. */
function heard(packet: string, packing: Packing): unknown[] {
  expect(packet.startsWith('42')).toBe(true)
  const [event, payload] = JSON.parse(packet.slice(2))
  return [
    event,
    packing === plain ? payload : JSON.parse(Buffer.from(payload, 'base64').toString()),
  ]
}

const object = fc.dictionary(
  fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => name !== '__proto__'),
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean()),
  { minKeys: 1 },
)

test.each([
  ['plain', plain],
  ['base64', base64],
] as const)('a %s payload arrives as it was, whole or in two parts', (_, packing) => {
  fc.assert(
    fc.property(object, object, (own, shared) => {
      const both = { ...own, ...shared }
      expect(heard(packing.event('an event', JSON.stringify(both)), packing)).toEqual([
        'an event',
        both,
      ])
      const text = `${JSON.stringify(own).slice(0, -1)},`
      for (const first of [text, filled(text, packing.ownStep)]) {
        const packet = Buffer.concat([
          Buffer.from(packing.begin('an event', first)),
          packing.end(JSON.stringify(shared).slice(1)),
        ])
        expect(heard(packet.toString(), packing)).toEqual(['an event', both])
      }
    }),
  )
})
