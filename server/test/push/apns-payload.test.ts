import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apnsPayload } from '../../src/pushers/apns/payload.ts'
import type { Notification } from '../../src/pushers/pusher.ts'
import { appleToken, notificationTo } from './phones.ts'

type Change = Parameters<typeof notificationTo>[1]

const make = (change: Change): Notification =>
  notificationTo(appleToken(1), { badge: null, sound: null, data: {}, ...change })
const payloadOf = (change: Change) => JSON.parse(apnsPayload(make(change))!)
const apns = { interruptionLevel: '', isMutable: false, isContentAvailable: false } as const

describe('the payload', () => {
  test('has a plain alert when there is only a body', () => {
    expect(payloadOf({ title: '', body: 'Ops:Receipt: order 91' })).toEqual({
      aps: { alert: 'Ops:Receipt: order 91' },
    })
  })

  test('has a title and a subtitle where there are', () => {
    expect(payloadOf({ title: 'Game Request', subtitle: 'Five Card Draw', body: 'Bob' })).toEqual({
      aps: { alert: { title: 'Game Request', subtitle: 'Five Card Draw', body: 'Bob' } },
    })
  })

  test('has no alert when there is nothing to say', () => {
    expect(payloadOf({ title: '', body: '', badge: 9, sound: 'bingbong.aiff' })).toEqual({
      aps: { badge: 9, sound: 'bingbong.aiff' },
    })
  })

  test('takes a badge of 0 away', () => {
    expect(payloadOf({ badge: 0 })).toMatchObject({ aps: { badge: 0 } })
  })

  test('has texts that the app translates', () => {
    const localization = { key: 'im_loc_text', arguments: ['Ann', 'Hello'] }
    expect(payloadOf({ title: 'Ann', body: 'Hello', localization })).toEqual({
      aps: {
        alert: {
          title: 'Ann',
          body: 'Hello',
          'loc-key': 'im_loc_text',
          'loc-args': ['Ann', 'Hello'],
        },
      },
    })
  })

  test('has what Apple may do with it', () => {
    const special = {
      interruptionLevel: 'time-sensitive',
      isMutable: true,
      isContentAvailable: true,
    }
    expect(payloadOf({ apns: { ...apns, ...special } as Notification['apns'] })).toMatchObject({
      aps: { 'interruption-level': 'time-sensitive', 'mutable-content': 1, 'content-available': 1 },
    })
  })

  test('lets the extension of the app fetch an image', () => {
    expect(payloadOf({ imageUrl: 'https://example.org/a.png' })).toMatchObject({
      aps: { 'mutable-content': 1 },
      image: 'https://example.org/a.png',
    })
  })

  test('is for the app alone when it has no text', () => {
    const silent = { title: '', body: '', badge: 4, sound: 'default' }
    expect(payloadOf({ ...silent, apns: { ...apns, isContentAvailable: true } })).toEqual({
      aps: { 'content-available': 1 },
    })
  })

  test('keeps data that calls itself aps away from the system', () => {
    expect(payloadOf({ data: { aps: 'evil', order: '91' } })).toMatchObject({
      aps: { alert: {} },
      order: '91',
    })
  })
})

describe('a text that is too long', () => {
  const anyText = fc.string({ unit: 'grapheme', minLength: 1000, maxLength: 3000 })

  test('is cut between characters, and the whole fits and is nearly full', () => {
    fc.assert(
      fc.property(anyText, fc.string({ unit: 'grapheme', maxLength: 200 }), (body, data) => {
        const payload = apnsPayload(make({ body, data: { data } }))!
        const cut: string = JSON.parse(payload).aps.alert.body
        const bytes = Buffer.byteLength(payload)
        expect(bytes).toBeLessThanOrEqual(4096)
        if (cut === body) return
        expect(cut.endsWith('…')).toBe(true)
        expect(body.startsWith(cut.slice(0, -1))).toBe(true)
        expect(cut.isWellFormed()).toBe(true)
        expect(bytes).toBeGreaterThan(4096 - 128)
      }),
      { numRuns: 50 },
    )
  })

  test('is cut less for a call, which may say more', () => {
    const voip = make({ body: 'x'.repeat(6000), device: { way: 'apns-voip' } })
    expect(Buffer.byteLength(apnsPayload(voip)!)).toBeGreaterThan(5000)
    expect(Buffer.byteLength(apnsPayload(voip)!)).toBeLessThanOrEqual(5120)
  })

  test('is cut as an argument of a translation too', () => {
    const body = 'x'.repeat(6000)
    const { alert } = payloadOf({
      body,
      localization: { key: 'im_loc_text', arguments: ['Ann', body] },
    }).aps
    expect(alert['loc-args']).toEqual(['Ann', alert.body])
  })

  test('leaves nothing to send when the rest alone is too much', () => {
    expect(apnsPayload(make({ data: { all: 'x'.repeat(4096) } }))).toBeNull()
  })
})
