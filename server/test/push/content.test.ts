import { describe, expect, test } from 'vitest'
import { openImkitNotifications } from '../../src/api/imkit/notification.ts'
import { openHookBodies } from '../../src/api/imkit/push/hook-bodies.ts'
import { openIsMuted } from '../../src/api/imkit/push/mutes.ts'
import { openTimNotifications } from '../../src/api/tim/notification.ts'
import { type Batch, type Content, Trait } from '../../src/domain/batch.ts'
import type { PushWay } from '../../src/domain/device.ts'
import { messageId } from '../../src/domain/message-id.ts'
import { positionOf } from '../../src/domain/place.ts'
import { isBatch, type Stored } from '../../src/domain/record.ts'
import type { Engines } from '../../src/engines/engines.ts'
import type { PushContent, PushedCopy } from '../../src/pipeline/push/content.ts'
import { apnsPayload } from '../../src/pushers/apns/payload.ts'
import { fcmMessage } from '../../src/pushers/fcm/message.ts'
import type { Views } from '../../src/views/views.ts'
import { type TestDoor as ImkitDoor, openDoor as openImkitDoor } from '../imkit/door.ts'
import { batch, openDoor as openTimDoor } from '../tim/door.ts'
import { newDevice, newNotification } from './notification.ts'

/** The newest batch. */
async function lastBatch({ journal }: Engines): Promise<Stored<Batch>> {
  let last: Stored<Batch> | null = null
  for await (const group of journal.replay(0)) {
    for (const stored of group) if (isBatch(stored)) last = stored
  }
  return last!
}

/** A copy of the newest batch, as it stands. */
async function copyAt(engines: Engines, views: Views, ordinal = 0): Promise<PushedCopy> {
  const { place } = await lastBatch(engines)
  const [copy] = await views.messages([positionOf(place, ordinal)])
  return copy as PushedCopy
}

/** What Apple and Google would be sent. */
function apple(content: PushContent): Record<string, unknown> {
  const { showsBadge, collapseId, ...said } = content
  return JSON.parse(apnsPayload(newNotification({ ...said, badge: showsBadge ? 3 : null }))!)
}

function google(content: PushContent) {
  const { showsBadge, collapseId, ...said } = content
  return fcmMessage(newNotification({ ...said, device: newDevice({ way: 'fcm' }) }), 0)!
}

describe('a message of TIM', () => {
  async function shown(fields: object, { way = 'apns' as PushWay, nick = '' } = {}) {
    await using door = await openTimDoor({ accounts: ['ann'] })
    if (nick !== '') await door.pipeline.importAccounts([{ id: 'administrator', nick }])
    const answer = await door.call('openim/batchsendmsg', batch({ To_Account: ['ann'], ...fields }))
    expect(answer.ErrorInfo).toBe('')
    const notificationOf = openTimNotifications(door.engines.directory)
    return notificationOf(await copyAt(door.engines, door.views), door.number('ann'), way)
  }

  const text = (Text: string) => ({ MsgType: 'TIMTextElem', MsgContent: { Text } })
  const custom = (more: object) => ({
    MsgType: 'TIMCustomElem',
    MsgContent: { Data: '{"order":91}', ...more },
  })

  test('is shown as the texts of its elements, joined', async () => {
    const MsgBody = [
      text('Receipt: '),
      { MsgType: 'TIMFaceElem', MsgContent: { Index: 1 } },
      { MsgType: 'TIMLocationElem', MsgContent: { Latitude: 1, Longitude: 2 } },
      custom({ Desc: 'order 91' }),
    ]
    expect(await shown({ MsgBody })).toMatchObject({
      title: '',
      body: 'Receipt: [Face][Location]order 91',
      sound: 'default',
      data: {},
      showsBadge: true,
      collapseId: null,
    })
  })

  test('without a title, the nickname stands before it', async () => {
    const content = await shown({ MsgBody: [text('Hi')] }, { nick: 'Ops' })
    expect(content).toMatchObject({ title: '', body: 'Ops:Hi' })
    expect(apple(content!)).toEqual({
      aps: { alert: 'Ops:Hi', badge: 3, sound: 'default' },
    })
  })

  test('with one, it does not', async () => {
    const OfflinePushInfo = { Title: 'Notice', Desc: 'Tonight' }
    const content = await shown({ MsgBody: [text('Hi')], OfflinePushInfo }, { nick: 'Ops' })
    expect(content).toMatchObject({ title: 'Notice', body: 'Tonight' })
  })

  const everything = {
    Title: 'Notice',
    Desc: 'Tonight',
    Ext: '{"page":"status"}',
    AndroidInfo: {
      Sound: 'android.mp3',
      GoogleChannelID: 'news',
      GoogleImage: 'https://a.example/g.png',
    },
    ApnsInfo: {
      Sound: 'apns.caf',
      Title: 'Apple',
      SubTitle: 'today',
      Image: 'https://a.example/a.png',
      MutableContent: 1,
      InterruptionLevel: 'time-sensitive',
    },
  }

  test('wakes no app for a call', async () => {
    expect(await shown({ MsgBody: [text('Hi')] }, { way: 'apns-voip' })).toBeNull()
  })

  test('each platform has its own title, sound and image', async () => {
    const fields = { MsgBody: [text('Hi')], OfflinePushInfo: everything }
    expect(await shown(fields)).toMatchObject({
      title: 'Apple',
      subtitle: 'today',
      body: 'Tonight',
      sound: 'apns.caf',
      imageUrl: 'https://a.example/a.png',
      data: { ext: '{"page":"status"}' },
      apns: { interruptionLevel: 'time-sensitive', isMutable: true, isContentAvailable: false },
      androidChannel: 'news',
    })
    expect(await shown(fields, { way: 'fcm' })).toMatchObject({
      title: 'Notice',
      sound: 'android.mp3',
      imageUrl: 'https://a.example/g.png',
      androidChannel: 'news',
    })
    expect(await shown(fields, { way: 'web' })).toMatchObject({ title: 'Notice' })
  })

  test('one custom element that says nothing is not shown, whatever the title', async () => {
    expect(await shown({ MsgBody: [custom({})] }, { nick: 'Ops' })).toBeNull()
    const OfflinePushInfo = { Title: 'Notice', Ext: '{}' }
    expect(await shown({ MsgBody: [custom({})], OfflinePushInfo })).toBeNull()
    const withDesc = { MsgBody: [custom({})], OfflinePushInfo: { Desc: 'Look' } }
    expect(await shown(withDesc)).toMatchObject({ body: 'Look' })
    const withOwn = { MsgBody: [custom({ Desc: 'Own' })], OfflinePushInfo }
    expect(await shown(withOwn)).toMatchObject({ title: 'Notice', body: 'Own' })
  })

  test('what a custom element asks for counts only without OfflinePushInfo', async () => {
    const MsgBody = [text('Hi '), custom({ Desc: 'there', Ext: 'order', Sound: 'ding.aiff' })]
    const content = await shown({ MsgBody })
    expect(content).toMatchObject({ data: { ext: 'order' }, sound: 'ding.aiff' })
    expect(apple(content!)).toEqual({
      aps: { alert: 'Hi there', badge: 3, sound: 'ding.aiff' },
      ext: 'order',
    })
    const ignored = await shown({ MsgBody, OfflinePushInfo: { Title: 'T' } })
    expect(ignored).toMatchObject({ data: {}, sound: 'default', body: 'Hi there' })
  })

  test('a silent push shows nothing on an iPhone, and all of it elsewhere', async () => {
    const OfflinePushInfo = { Title: 'T', Ext: 'e', ApnsInfo: { ContentAvailable: 1 } }
    const fields = { MsgBody: [text('Hi')], OfflinePushInfo }
    const content = await shown(fields)
    expect(apple(content!)).toEqual({ ext: 'e', aps: { 'content-available': 1 } })
    expect(content).toMatchObject({ priority: 'normal', sound: null })
    expect(await shown(fields, { way: 'fcm' })).toMatchObject({ title: 'T', body: 'Hi' })
  })

  test('an interruption level that Apple does not know is left out', async () => {
    const OfflinePushInfo = { ApnsInfo: { InterruptionLevel: 'loud' } }
    const content = await shown({ MsgBody: [text('Hi')], OfflinePushInfo })
    expect(content).toMatchObject({ apns: { interruptionLevel: '' } })
  })

  describe('that was edited', () => {
    async function edited(OfflinePushInfo: object | undefined, change: Partial<Content>) {
      const door = await openTimDoor({ accounts: ['ann', 'bob'] })
      const To_Account = ['ann', 'bob']
      const MsgBody = [text('Old')]
      await door.call('openim/batchsendmsg', batch({ To_Account, MsgBody, OfflinePushInfo }))
      const { place } = await lastBatch(door.engines)
      const content = { format: 'tim', json: '{}', text: '', ...change } as const
      await door.pipeline.change({ place, ordinals: [1], by: 0, content })
      const notificationOf = openTimNotifications(door.engines.directory)
      return {
        async shown(ordinal: number) {
          const copy = await copyAt(door.engines, door.views, ordinal)
          return notificationOf(copy, door.number(To_Account[ordinal]!), 'fcm')
        },
        [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
      }
    }

    const inTim = (...MsgBody: object[]) => ({ json: JSON.stringify({ MsgBody }) })

    test('says what it says now; the other copies of its batch, what they say', async () => {
      await using stack = await edited(undefined, inTim(text('New')))
      expect(await stack.shown(0)).toMatchObject({ body: 'Old' })
      expect(await stack.shown(1)).toMatchObject({ body: 'New' })
      expect(await stack.shown(0)).toMatchObject({ body: 'Old' })
    })

    test('in the words of the other door, is worded from those', async () => {
      const json = '{"messageType":"image","originalUrl":"https://a.example/1.png"}'
      await using stack = await edited(undefined, { format: 'imkit', json })
      expect(await stack.shown(1)).toMatchObject({ body: '[Image]' })
    })

    test('keeps the title and the text that were chosen for its notification', async () => {
      await using stack = await edited({ Title: 'Notice', Desc: 'Chosen' }, inTim(text('New')))
      expect(await stack.shown(1)).toMatchObject({ title: 'Notice', body: 'Chosen' })
    })

    test('to say nothing is not shown', async () => {
      await using stack = await edited({ Title: 'Notice' }, inTim(custom({})))
      expect(await stack.shown(0)).toMatchObject({ title: 'Notice', body: 'Old' })
      expect(await stack.shown(1)).toBeNull()
    })
  })

  test('a long text is cut at a character, so that the push has 4096 bytes at most', async () => {
    const Desc = '👩‍🚀'.repeat(1000)
    const OfflinePushInfo = { Desc, Ext: 'x'.repeat(2000) }
    const content = await shown({ MsgBody: [text('Hi')], OfflinePushInfo })
    const payload = JSON.stringify(apple(content!))
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(4096)
    expect(payload).toMatch(/^\{"ext":"x{2000}","aps":\{"alert":"(👩‍🚀)+…"/)
  })
})

describe('a message of IMKIT', () => {
  async function setUp() {
    const door = await openImkitDoor({ accounts: ['ann', 'bob', 'shop'] })
    await door.platform('POST', '/admin/clients', { _id: 'shop', nickname: 'Shop' })
    const notificationOf = openImkitNotifications(door.door)
    return {
      door,
      notificationOf,
      async shown(ordinal = 0, way: PushWay = 'apns', account = door.number('ann')) {
        const copy = await copyAt(door.engines, door.door.views, ordinal)
        const content = notificationOf(copy, account, way)!
        const id = messageId(door.door.views.generation, copy.position)
        return { content, id, payload: JSON.parse(content?.data.payload ?? 'null') }
      },
      [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
    }
  }

  function send(door: ImkitDoor, fields: object) {
    return door.platform('POST', '/messages/batch', {
      sender: 'shop',
      message: 'Hi $name$',
      push: true,
      paras: [
        { receiver: 'ann', $name$: 'Ann' },
        { receiver: 'bob', $name$: 'Bob' },
      ],
      ...fields,
    })
  }

  test('says to each what the template does, with all that its apps read', async () => {
    await using stack = await setUp()
    await send(stack.door, { extra: { to: '$name$' } })
    const { content, id, payload } = await stack.shown()
    const { room } = payload
    expect(content).toMatchObject({
      title: 'Shop',
      body: 'Hi Ann',
      sound: 'default',
      localization: { key: 'im_loc_text', arguments: ['Hi Ann'] },
      showsBadge: true,
    })
    expect(content.data).toEqual({
      title: 'Shop',
      body: 'Hi Ann',
      badge: '1',
      'loc-key': 'im_loc_text',
      'loc-args': '["Hi Ann"]',
      type: `chatroom_chat:${room}`,
      redirect: '/chat',
      roomTags: '[]',
      payload: expect.any(String),
    })
    expect(payload).toMatchObject({ _id: id, message: 'Hi Ann', extra: { to: 'Ann' } })
    const { content: other } = await stack.shown(1, 'apns', stack.door.number('bob'))
    expect(other.body).toBe('Hi Bob')
  })

  test('collapses by room where the provider waits for the phone', async () => {
    await using stack = await setUp()
    await send(stack.door, {})
    const { content, payload } = await stack.shown(0, 'fcm')
    expect(content.collapseId).toBe(payload.room)
    expect((await stack.shown(0, 'apns')).content.collapseId).toBeNull()
  })

  test('wakes an app for a call only when it is about one', async () => {
    await using stack = await setUp()
    for (const messageType of ['text', 'waitingCall', 'missingCall', 'endCall']) {
      await send(stack.door, { messageType })
      const { content } = await stack.shown(0, 'apns-voip')
      expect(content?.localization.key ?? 'none').toBe(
        messageType === 'text' ? 'none' : `im_loc_${messageType}`,
      )
    }
  })

  test('asks for no notification when it says who joined or left', async () => {
    await using stack = await setUp()
    await stack.door.platform('POST', '/rooms', { _id: 'vip', roomType: 'group', members: ['bob'] })
    for (const method of ['POST', 'DELETE']) {
      await stack.door.as('bob', method, '/rooms/vip/members/ann', { systemMessage: true })
      const { traits } = (await lastBatch(stack.door.engines)).record
      expect(traits & Trait.system).toBe(Trait.system)
      expect(traits & Trait.unpushed).toBe(Trait.unpushed)
    }
  })

  test('has the tags of its room, and a word where it has no text', async () => {
    await using stack = await setUp()
    const room = { _id: 'vip', roomType: 'group', members: ['ann', 'bob'], roomTags: ['gold'] }
    await stack.door.platform('POST', '/rooms', room)
    const originalUrl = 'https://a.example/1.png'
    const message = { messageType: 'image', originalUrl, message: '', sender: 'shop', room: 'vip' }
    const { status } = await stack.door.platform('POST', '/messages', message)
    expect(status).toBe(200)
    const { content } = await stack.shown()
    expect(content).toMatchObject({ body: '[Image]', localization: { key: 'im_loc_image' } })
    expect(content.data).toMatchObject({ type: 'chatroom_chat:vip', roomTags: '["gold"]' })
  })

  test.each([
    ['long', 'x'.repeat(5000)],
    ['of control characters', '\u0001'.repeat(3000)],
    ['of quotes', '"'.repeat(3000)],
    ['of wide characters', '👩‍🚀'.repeat(500)],
    ['of half surrogate pairs', '\ud83d'.repeat(3000)],
  ])('a text that is %s fits with what leads to the message', async (_name, message) => {
    await using stack = await setUp()
    await send(stack.door, { message, extra: { big: 'y'.repeat(5000) } })
    const { content, id, payload } = await stack.shown()
    expect(payload).toMatchObject({ _id: id, room: expect.any(String), messageType: 'text' })
    expect(payload.extra).toBeUndefined()
    expect(content.body).toMatch(/…$/)
    expect(Buffer.byteLength(JSON.stringify(apple(content)))).toBeLessThanOrEqual(4096)
    expect(JSON.parse(JSON.stringify(google(content))).data.payload).toBe(content.data.payload)
  })

  test('what came through another door is worded too', async () => {
    await using stack = await setUp()
    await stack.door.door.pipeline.accept({
      sender: stack.door.number('shop'),
      recipients: Int32Array.of(stack.door.number('ann')),
      failures: [],
      content: { format: 'native', json: '{}', text: 'Plain' },
      traits: 0,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: null,
    })
    expect((await stack.shown()).content).toMatchObject({ title: 'Shop', body: 'Plain' })
  })

  test('asks for notifications as its call says, and respects mutes', async () => {
    await using stack = await setUp()
    const { door } = stack
    const traits = async () => (await lastBatch(door.engines)).record.traits
    await send(door, { push: undefined })
    expect((await traits()) & (Trait.unpushed | Trait.mutable)).toBe(Trait.unpushed | Trait.mutable)
    await send(door, {})
    expect((await traits()) & (Trait.unpushed | Trait.mutable)).toBe(Trait.mutable)
    const { room } = (await stack.shown()).payload
    await door.as('ann', 'POST', `/rooms/${room}/message`, { message: 'thanks' })
    expect((await traits()) & (Trait.unpushed | Trait.mutable)).toBe(Trait.mutable)
    await door.as('ann', 'POST', `/rooms/${room}/message`, { message: 'thanks', push: false })
    expect((await traits()) & Trait.unpushed).toBe(Trait.unpushed)
  })

  test('says what it says now when it was edited', async () => {
    await using stack = await setUp()
    const { door } = stack
    await send(door, {})
    const { place } = await lastBatch(door.engines)
    const json = '{"messageType":"text","message":"Bye Ann"}'
    const content = { format: 'imkit', json, text: 'Bye Ann' } as const
    await door.door.pipeline.change({ place, ordinals: [0], by: 0, content })
    const { content: shown, payload } = await stack.shown()
    expect(shown.body).toBe('Bye Ann')
    expect(payload).toMatchObject({ message: 'Bye Ann', editedAt: expect.any(String) })
    expect((await stack.shown(1)).content.body).toBe('Hi Bob')

    const copy = await copyAt(door.engines, door.door.views)
    const accounts = [door.number('ann')]
    const { push, pushGeneric, facts } = openHookBodies(door.door, {})
    const now = { message: 'Bye Ann', editedAt: payload.editedAt }
    expect(JSON.parse((await push({ ...copy, accounts, badge: 1 }))!)).toMatchObject(now)
    expect(JSON.parse((await pushGeneric({ ...copy, accounts, badge: 1 }))!)).toMatchObject(now)
    expect(facts(copy, accounts[0]!)).toMatchObject({ ...now, alert: 'Bye Ann' })
  })

  test('hooks hear of the message and of whom it is for', async () => {
    await using stack = await setUp()
    const { door } = stack
    await door.platform('POST', '/rooms', {
      _id: 'vip',
      name: 'VIPs',
      roomType: 'group',
      members: ['ann', 'bob', 'shop'],
    })
    const message = { messageType: 'text', message: 'Hi', sender: 'shop', room: 'vip' }
    await door.platform('POST', '/messages', message)
    const copy = await copyAt(door.engines, door.door.views)
    const { push, pushGeneric } = openHookBodies(door.door, {})
    const accounts = [door.number('ann'), door.number('bob')]
    const one = JSON.parse((await push({ ...copy, accounts, badge: 4 }))!)
    const same = { room: 'vip', message: 'Hi', sender: { _id: 'shop', nickname: 'Shop' } }
    expect(one).toMatchObject({ ...same, toClient: 'ann', badge: 4, alert: 'Hi' })
    const all = JSON.parse((await pushGeneric({ ...copy, accounts, badge: 4 }))!)
    expect(all).toMatchObject({ ...same, roomName: 'VIPs', pushToClients: ['ann', 'bob'] })
    expect(all._id).toBe(one._id)
  })
})

describe('hooks hear of a message of TIM', () => {
  async function told(OfflinePushInfo: object | undefined, json: string, text: string) {
    await using door = await openImkitDoor({ accounts: ['ann', 'shop'] })
    const ann = door.number('ann')
    await door.door.pipeline.accept({
      sender: door.number('shop'),
      recipients: Int32Array.of(ann),
      failures: [],
      content: { format: 'tim', json, text },
      traits: 0,
      lifetimeSeconds: null,
      seq: null,
      random: 0,
      contentCrc: 0,
      push: OfflinePushInfo === undefined ? null : JSON.stringify(OfflinePushInfo),
    })
    const copy = await copyAt(door.engines, door.door.views)
    const tim = openTimNotifications(door.engines.directory)
    const { push, pushGeneric, facts } = openHookBodies(door.door, { tim })
    const hookCopy = { ...copy, accounts: [ann], badge: 1 }
    const bodies = await Promise.all([push(hookCopy), pushGeneric(hookCopy)])
    return [...bodies.map((body) => body && JSON.parse(body)), facts(copy, ann)]
  }

  const hi = '{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"Hi"}}]}'
  const silent = '{"MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Data":"7"}}]}'

  test('with the text that it is notified with', async () => {
    const [push, generic, facts] = await told({ Desc: 'Tonight' }, hi, 'Hi')
    expect(push).toMatchObject({ alert: 'Tonight', message: 'Hi', toClient: 'ann', badge: 1 })
    expect(generic).toMatchObject({ message: 'Hi', pushToClients: ['ann'] })
    expect(facts).toMatchObject({ alert: 'Tonight', message: 'Hi', toClient: 'ann' })
  })

  test('unless nobody is notified of it', async () => {
    expect(await told({ Title: 'Notice' }, silent, '')).toEqual([null, null, null])
    expect(await told(undefined, hi.replace('Hi', ''), '')).toEqual([null, null, null])
    expect(await told({ Desc: 'Look' }, silent, '')).toMatchObject([{ alert: 'Look' }, {}, {}])
  })
})

describe('do-not-disturb', () => {
  async function setUp() {
    const door = await openImkitDoor({ accounts: ['ann', 'shop'] })
    const isMuted = openIsMuted(door.door)
    const { result } = await door.as('ann', 'POST', '/rooms/createAndJoin', {
      roomType: 'direct',
      invitee: 'shop',
    })
    async function sent(traits: number): Promise<boolean> {
      await door.door.pipeline.accept({
        sender: door.number('shop'),
        recipients: Int32Array.of(door.number('ann')),
        failures: [],
        content: { format: 'tim', json: '{"MsgBody":[]}', text: 'Hi' },
        traits,
        lifetimeSeconds: null,
        seq: null,
        random: 0,
        contentCrc: 0,
        push: null,
      })
      return isMuted(door.number('ann'), await lastBatch(door.engines), 0)
    }
    const room = result._id as string
    return { door, room, sent, [Symbol.asyncDispose]: () => door[Symbol.asyncDispose]() }
  }

  test('of one room is respected by whoever respects it', async () => {
    await using stack = await setUp()
    expect(await stack.sent(Trait.mutable)).toBe(false)
    await stack.door.as('ann', 'POST', `/me/mute/${stack.room}`)
    expect(await stack.sent(Trait.mutable)).toBe(true)
    expect(await stack.sent(0)).toBe(false)
    await stack.door.as('ann', 'DELETE', `/me/mute/${stack.room}`)
    expect(await stack.sent(Trait.mutable)).toBe(false)
  })

  test('of everything is, too', async () => {
    await using stack = await setUp()
    await stack.door.as('ann', 'POST', '/me/notification/disable')
    expect(await stack.sent(Trait.mutable)).toBe(true)
    expect(await stack.sent(0)).toBe(false)
    await stack.door.as('ann', 'POST', '/me/notification/enable')
    expect(await stack.sent(Trait.mutable)).toBe(false)
  })
})
