import { afterEach, describe, expect, test, vi } from 'vitest'
import { Trait } from '../../src/domain/batch.ts'
import type { HookBodyOf } from '../../src/pipeline/push/content.ts'
import { hookLane } from '../../src/pipeline/push/lane.ts'
import type { PushOutcome } from '../../src/pushers/pusher.ts'
import { call, said } from '../pipeline/stage.ts'
import { openPushing, Provider, type Pushing, pushed, told } from './pushing.ts'

const opened: Pushing[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map(({ pipeline }) => pipeline.close()))
})

async function open(options: Parameters<typeof openPushing>[0] = {}): Promise<Pushing> {
  const pushing = await openPushing(options)
  opened.push(pushing)
  return pushing
}

/** Closes, so that every outcome is in the journal. */
async function settled(pushing: Pushing) {
  await pushing.pipeline.close()
  return pushing.results()
}

describe('who is notified', () => {
  test('an account without an open terminal, on each of its devices, with what it has not read', async () => {
    const fcm = new Provider('fcm')
    const apns = new Provider('apns')
    const stage = await open({ providers: [fcm, apns] })
    const [shop, bob] = await stage.accounts('shop', 'bob')
    await stage.device('fcm', bob!, 'phone')
    await stage.device('fcm', bob!, 'tablet')
    await stage.device('apns', bob!)
    await stage.pipeline.accept(
      call(shop!, [bob!], { content: said('one'), traits: Trait.unpushed }),
    )
    const { place, time } = await stage.pipeline.accept(
      call(shop!, [bob!], { content: said('two') }),
    )

    await vi.waitFor(() => expect(fcm.asked.length + apns.asked.length).toBe(3))
    expect(fcm.asked.map(({ device }) => device.id).sort()).toEqual(['phone', 'tablet'])
    expect(apns.asked[0]).toMatchObject({
      body: 'two',
      badge: 2,
      collapseId: stage.id(place, 0),
      expiresAt: Math.ceil(time / 1000 + 86_400),
      isWithdrawal: false,
    })
    const results = await settled(stage)
    expect(results.map(({ way, state, detail, account }) => [way, state, detail, account])).toEqual(
      expect.arrayContaining([
        ['fcm', 'pushed', 'provider-id', bob],
        ['fcm', 'pushed', 'provider-id', bob],
        ['apns', 'pushed', 'provider-id', bob],
      ]),
    )
    expect(results).toHaveLength(3)
  })

  test('neither who has a terminal open, nor who has no device, nor who does not want to be disturbed', async () => {
    const fcm = new Provider('fcm')
    const muted: number[] = []
    const stage = await open({ providers: [fcm], isMuted: (account) => muted.includes(account) })
    const [shop, online, bare, quiet, away] = await stage.accounts('s', 'o', 'b', 'q', 'a')
    for (const account of [online, quiet, away]) await stage.device('fcm', account!)
    stage.open.add(online!)
    muted.push(quiet!)
    await stage.pipeline.accept(call(shop!, [online!, bare!, 0, quiet!, away!, shop!]))

    await vi.waitFor(() => expect(fcm.asked).toHaveLength(1))
    expect(told(await settled(stage))).toEqual([
      `${online} skipped online`,
      `${quiet} skipped muted`,
      `${away} pushed provider-id`,
    ])
  })

  test('who was online counts from when the batch was delivered', async () => {
    const fcm = new Provider('fcm')
    fcm.concurrencyMax = 1
    let release = () => {}
    fcm.answer = () =>
      new Promise((resolve) => {
        release = () => resolve({ state: 'pushed', id: '' })
      })
    const stage = await open({ providers: [fcm] })
    const [shop, first, second, third] = await stage.accounts('s', 'one', 'two', 'three')
    for (const account of [first, second, third]) await stage.device('fcm', account!)
    stage.open.add(second!)
    await stage.pipeline.accept(call(shop!, [first!, second!, third!]))
    stage.open.delete(second!)
    stage.open.add(third!)
    await vi.waitFor(() => expect(fcm.asked).toHaveLength(1))
    release()
    await vi.waitFor(() => expect(fcm.asked).toHaveLength(2))
    release()
    expect(told(await settled(stage))).toEqual([
      `${first} pushed `,
      `${second} skipped online`,
      `${third} pushed `,
    ])
  })

  test('the members of a group but the sender, once for each copy', async () => {
    const fcm = new Provider('fcm')
    const stage = await open({ providers: [fcm] })
    const [ann, bob, cleo] = await stage.accounts('ann', 'bob', 'cleo')
    for (const account of [ann, bob, cleo]) await stage.device('fcm', account!)
    const group = await stage.group('friends', ann!, bob!, cleo!)
    stage.open.add(cleo!)
    await stage.pipeline.accept(call(ann!, [group, group]))
    await vi.waitFor(() => expect(fcm.asked).toHaveLength(2))
    expect(told(await settled(stage)).sort()).toEqual([
      `${bob} pushed provider-id`,
      `${bob} pushed provider-id`,
      `${cleo} skipped online`,
      `${cleo} skipped online`,
    ])
  })

  test('nobody, of what is for open terminals only or asks for no notification', async () => {
    const fcm = new Provider('fcm')
    const stage = await open({ providers: [fcm], wanted: (text) => text !== 'unwanted' })
    const [shop, bob] = await stage.accounts('shop', 'bob')
    await stage.device('fcm', bob!)
    await stage.pipeline.accept(call(shop!, [bob!], { traits: Trait.onlineOnly }))
    await stage.pipeline.accept(call(shop!, [bob!], { traits: Trait.unpushed }))
    await stage.pipeline.accept(call(shop!, [bob!], { content: said('unwanted') }))
    await stage.pipeline.accept(call(shop!, [bob!], { content: said('wanted') }))
    await vi.waitFor(() => expect(fcm.asked.map(({ body }) => body)).toEqual(['wanted']))
    expect(told(await settled(stage))).toEqual([
      `${bob} skipped not-wanted`,
      `${bob} pushed provider-id`,
    ])
  })
})

test('what was edited before it goes is pushed as it is then, to devices and to hooks', async () => {
  const fcm = new Provider('fcm')
  fcm.concurrencyMax = 1
  const first = Promise.withResolvers<PushOutcome>()
  fcm.answer = () => first.promise
  const posts: string[] = []
  const hook = {
    concurrencyMax: 1,
    async post(json: string) {
      posts.push(json)
      return first.promise
    },
  }
  const bodyOf: HookBodyOf = ({ content, changedAt }) => `${content.text} ${changedAt}`
  const lanes = [
    fcm.lane(null),
    hookLane({ way: 'hook', hook, receiversMax: 1, perSecond: 0, bodyOf }),
  ]
  const stage = await open({ lanes })
  const [shop, ann, bob] = await stage.accounts('shop', 'ann', 'bob')
  for (const account of [ann, bob]) await stage.device('fcm', account!)
  const { place } = await stage.pipeline.accept(
    call(shop!, [ann!, bob!, ann!], { content: said('old') }),
  )
  await vi.waitFor(() => expect(fcm.asked.length + posts.length).toBe(2))
  const change = { place, by: shop! }
  const { time } = await stage.pipeline.change({ ...change, ordinals: [1], content: said('new') })
  await stage.pipeline.change({ ...change, ordinals: [2], content: null })
  first.resolve(pushed)

  await vi.waitFor(() => expect(fcm.asked.length + posts.length).toBe(4))
  expect(fcm.asked.map(({ body }) => body)).toEqual(['old', 'new'])
  expect(posts).toEqual(['old null', `new ${time}`])
  const results = await settled(stage)
  expect(told(results.filter(({ way }) => way === 'fcm'))).toEqual([
    `${ann} pushed provider-id`,
    `${bob} pushed provider-id`,
    `${ann} skipped recalled`,
  ])
})

describe('a hook', () => {
  async function hooked(receiversMax: number) {
    const bodies: { accounts: number[]; badge: number }[] = []
    const hook = {
      concurrencyMax: 4,
      async post(json: string) {
        bodies.push(JSON.parse(json))
        return pushed
      },
    }
    const bodyOf: HookBodyOf = ({ accounts, badge }) => JSON.stringify({ accounts, badge })
    const lane = hookLane({ way: 'hook', hook, receiversMax, perSecond: 0, bodyOf })
    const stage = await open({ lanes: [lane] })
    const [ann, bob, cleo, dan] = await stage.accounts('ann', 'bob', 'cleo', 'dan')
    const group = await stage.group('friends', ann!, bob!, cleo!, dan!)
    stage.open.add(cleo!)
    await stage.pipeline.accept(call(ann!, [group, bob!]))
    return { stage, bodies, bob: bob!, cleo: cleo!, dan: dan! }
  }

  test('hears of each receiver who is away, with a device or without', async () => {
    const { stage, bodies, bob, cleo, dan } = await hooked(1)
    await vi.waitFor(() => expect(bodies).toHaveLength(3))
    expect(bodies).toEqual([
      { accounts: [bob], badge: 2 },
      { accounts: [dan], badge: 1 },
      { accounts: [bob], badge: 2 },
    ])
    expect(told(await settled(stage)).sort()).toEqual([
      `${bob} pushed provider-id`,
      `${bob} pushed provider-id`,
      `${cleo} skipped online`,
      `${dan} pushed provider-id`,
    ])
  })

  test('may hear of all receivers of a copy at once; each has its outcome', async () => {
    const { stage, bodies, bob, cleo, dan } = await hooked(500)
    await vi.waitFor(() => expect(bodies).toHaveLength(2))
    expect(bodies.map(({ accounts }) => accounts)).toEqual([[bob, dan], [bob]])
    expect(told(await settled(stage)).sort()).toEqual([
      `${bob} pushed provider-id`,
      `${bob} pushed provider-id`,
      `${cleo} skipped online`,
      `${dan} pushed provider-id`,
    ])
  })
})
