import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fcmMessage } from '../../src/pushers/fcm/message.ts'
import { NOW_MS, notificationTo } from './phones.ts'

type Change = Parameters<typeof notificationTo>[1]

const make = (change: Change) => notificationTo('token', { device: { way: 'fcm' }, ...change })
const messageOf = (change: Change) => JSON.parse(JSON.stringify(fcmMessage(make(change), NOW_MS)))
const collapse = '000100000000000100000000'

describe('the message', () => {
  test('has a part for each kind of device', () => {
    const message = messageOf({
      imageUrl: 'https://example.org/a.png',
      androidChannel: 'orders',
      expiresAt: NOW_MS / 1000 + 123.9,
    })
    expect(message).toEqual({
      notification: {
        title: 'Parcels',
        body: 'Your parcel is on its way',
        image: 'https://example.org/a.png',
      },
      data: { order: '91' },
      android: {
        collapse_key: collapse,
        priority: 'HIGH',
        ttl: '123s',
        notification: {
          tag: collapse,
          channel_id: 'orders',
          sound: 'default',
          notification_count: 3,
        },
      },
      apns: {
        headers: {
          'apns-push-type': 'alert',
          'apns-priority': '10',
          'apns-expiration': String(NOW_MS / 1000 + 123),
          'apns-collapse-id': collapse,
        },
        payload: {
          aps: {
            alert: { title: 'Parcels', body: 'Your parcel is on its way' },
            badge: 3,
            sound: 'default',
            'mutable-content': 1,
          },
          image: 'https://example.org/a.png',
        },
        fcm_options: { image: 'https://example.org/a.png' },
      },
      webpush: {
        headers: { Urgency: 'high', TTL: '123' },
        notification: {
          title: 'Parcels',
          body: 'Your parcel is on its way',
          image: 'https://example.org/a.png',
          tag: collapse,
        },
      },
    })
  })

  test('leaves out what there is none of', () => {
    const { notification, android, webpush } = messageOf({
      title: '',
      badge: 0,
      sound: null,
      priority: 'normal',
      collapseId: collapse,
    })
    expect(notification).toEqual({ body: 'Your parcel is on its way' })
    expect(android).toEqual({
      collapse_key: collapse,
      priority: 'NORMAL',
      notification: { tag: collapse },
    })
    expect(webpush.headers).toEqual({ Urgency: 'normal' })
  })

  test.each([
    ['past', -10, '0s'],
    ['beyond four weeks', 90 * 86_400, '2419200s'],
  ])('has a lifetime that FCM takes, when it ends %s', (_name, seconds, ttl) => {
    expect(messageOf({ expiresAt: NOW_MS / 1000 + seconds }).android.ttl).toBe(ttl)
  })

  test('has texts that the app translates', () => {
    const localization = { key: 'im_loc_text', arguments: ['Ann', 'Hello'] }
    const { android, apns } = messageOf({ body: 'Hello', localization })
    expect(android.notification).toMatchObject({
      body_loc_key: 'im_loc_text',
      body_loc_args: ['Ann', 'Hello'],
    })
    expect(apns.payload.aps.alert).toMatchObject({ 'loc-key': 'im_loc_text' })
  })

  test.each([
    ['is to be taken back', { isWithdrawal: true }, { order: '91', withdrawn: collapse }],
    ['has no text', { title: '', body: '' }, { order: '91' }],
  ])('is data alone when it %s', (_name, change, data) => {
    const message = messageOf(change)
    expect(message).not.toHaveProperty('notification')
    expect(message.android).not.toHaveProperty('notification')
    expect(message.webpush).not.toHaveProperty('notification')
    expect(message.data).toEqual(data)
  })

  test('is taken back on an iPhone in the background', () => {
    const { apns } = messageOf({ isWithdrawal: true })
    expect(apns.payload).toEqual({ aps: { 'content-available': 1 }, withdrawn: collapse })
    expect(apns.headers).toMatchObject({ 'apns-push-type': 'background', 'apns-priority': '5' })
  })

  test('has no key that FCM keeps for itself', () => {
    const data = { from: 'a', 'google.x': 'b', gcm: 'c', message_type: 'd', format: 'e' }
    expect(messageOf({ data }).data).toEqual({
      _from: 'a',
      '_google.x': 'b',
      _gcm: 'c',
      _message_type: 'd',
      format: 'e',
    })
  })
})

test('a text that is too long is cut, so that what FCM counts and what an iPhone gets both fit', () => {
  const anyText = fc.string({ unit: 'grapheme', minLength: 800, maxLength: 2500 })
  fc.assert(
    fc.property(anyText, fc.dictionary(fc.string(), fc.string()), (body, data) => {
      const message = messageOf({ body, data })
      const counted = JSON.stringify({ notification: message.notification, data: message.data })
      const arriving = JSON.stringify({ ...message.apns.payload, ...message.data })
      expect(Buffer.byteLength(counted)).toBeLessThanOrEqual(4096)
      expect(Buffer.byteLength(arriving)).toBeLessThanOrEqual(4096)
      expect(message.notification.body.isWellFormed()).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('what does not fit even without its text is not sent', () => {
  expect(fcmMessage(make({ data: { all: 'x'.repeat(4096) } }), NOW_MS)).toBeNull()
})
