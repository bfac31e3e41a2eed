/** The pipeline with lanes whose providers do what a test says, over any engines. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PushWay } from '../../src/domain/device.ts'
import { messageId } from '../../src/domain/message-id.ts'
import { positionOf } from '../../src/domain/place.ts'
import type { Outcomes, PushResult } from '../../src/domain/record.ts'
import { openEmbedded } from '../../src/engines/embedded/open.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { createLog } from '../../src/lib/log.ts'
import { deviceLane, type Lane } from '../../src/pipeline/push/lane.ts'
import type { PushOptions } from '../../src/pipeline/push/push.ts'
import type { ShownNotifications } from '../../src/pipeline/push/shown.ts'
import type { Notification, Pusher, PushOutcome } from '../../src/pushers/pusher.ts'
import { openStage, type Stage } from '../pipeline/stage.ts'
import { newDevice, newNotification } from './notification.ts'

/** What a provider was asked, and what it answers. */
export class Provider {
  readonly way: PushWay
  readonly asked: Notification[] = []
  /** How many were under way at once, at most. */
  underWayMax = 0
  answer: (notification: Notification) => PushOutcome | Promise<PushOutcome> = () => pushed
  concurrencyMax = 100
  perSecond = 0
  #underWay = 0

  constructor(way: PushWay) {
    this.way = way
  }

  get pusher(): Pusher {
    const { concurrencyMax } = this
    return { concurrencyMax, push: (notification) => this.#push(notification), async close() {} }
  }

  lane(shown: ShownNotifications | null, wanted: (text: string) => boolean = () => true): Lane {
    const { way, perSecond, pusher } = this
    return deviceLane({
      way,
      perSecond,
      generation: 1,
      shown,
      pusher,
      notificationOf: ({ content: { text } }) => {
        if (!wanted(text)) return null
        const { device, badge, collapseId, expiresAt, isWithdrawal, ...rest } = newNotification()
        return { ...rest, body: text, showsBadge: true, collapseId: null }
      },
    })
  }

  async #push(notification: Notification): Promise<PushOutcome> {
    this.asked.push(notification)
    this.#underWay += 1
    this.underWayMax = Math.max(this.underWayMax, this.#underWay)
    try {
      return await this.answer(notification)
    } finally {
      this.#underWay -= 1
    }
  }
}

export const pushed: PushOutcome = { state: 'pushed', id: 'provider-id' }

export interface Pushing extends Stage {
  /** A device of the account, by the id `<way> of <account>` unless another is given. */
  device(way: PushWay, account: number, id?: string): Promise<void>
  /** Every result in the journal, with its way, in order. */
  results(): Promise<(PushResult & { way: Outcomes['way'] })[]>
  id(place: number, ordinal: number): string
}

export interface PushingOptions extends Partial<PushOptions> {
  providers?: readonly Provider[]
  engines?: Engines
  now?: () => number
  wanted?: (text: string) => boolean
}

export async function openPushing(options: PushingOptions = {}): Promise<Pushing> {
  const { providers = [new Provider('fcm')], engines, now, wanted, ...push } = options
  const shown = push.withdrawing?.shown ?? null
  const stage = await openStage({
    ...(engines && { engines }),
    ...(now && { now }),
    push: {
      lanes: providers.map((provider) => provider.lane(shown, wanted)),
      isMuted: () => false,
      lifetimeMs: 24 * 3_600_000,
      log: createLog('silent'),
      ...push,
    },
  })
  const { journal } = stage.engines
  return {
    ...stage,
    async device(way, account, id = `${way} of ${account}`) {
      await stage.pipeline.registerDevice(account, newDevice({ way, id, token: `token of ${id}` }))
    },
    async results() {
      const results = []
      for await (const group of journal.replay(0)) {
        for (const { record } of group) {
          if (record.type !== 'outcomes') continue
          for (const result of record.results) results.push({ way: record.way, ...result })
        }
      }
      return results
    },
    id: (place, ordinal) => messageId(journal.generation, positionOf(place, ordinal)),
  }
}

/** The results as `account state detail`, in order of their positions. */
export function told(results: readonly PushResult[]): string[] {
  return [...results]
    .sort((a, b) => a.position - b.position)
    .map(({ account, state, detail }) => `${account} ${state} ${detail}`)
}

/** Waits for a condition without letting the clock go on. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns === 20_000) throw new Error(`it never came to be that ${condition}`)
    await new Promise(setImmediate)
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function quiet(): Promise<void> {
  for (let turns = 0; turns < 100; turns += 1) await new Promise(setImmediate)
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'carillon-push-'))
}

export function openFolder(folder: string, now?: () => number) {
  return openEmbedded({
    folder,
    segmentBytes: 2 ** 20,
    checkpointEntries: 1_000_000,
    log: createLog('silent'),
    onFatal: (error) => {
      throw error
    },
    ...(now && { now }),
  })
}
