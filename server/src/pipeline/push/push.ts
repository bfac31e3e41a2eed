/**
 * Push: accounts with no terminal open are told through their devices.
 *
 * A stage behind the journal. Every lane has a durable place of its own there,
 * so that a provider that is down delays nobody else. What is pushed, when it
 * was accepted and before its lifetime ends, is pushed once; after a crash
 * perhaps once more, under the same name.
 */
import { wantsPush } from '../../domain/batch.ts'
import type { PushWay } from '../../domain/device.ts'
import { isBatch, type Outcomes, type PushResult, type Stored } from '../../domain/record.ts'
import type { Engines } from '../../engines/engines.ts'
import type { Log } from '../../lib/log.ts'
import type { Pusher } from '../../pushers/pusher.ts'
import type { Pipeline, PipelineOptions } from '../pipeline.ts'
import type { IsMuted } from './content.ts'
import { openDirect } from './direct.ts'
import { Feed } from './feed.ts'
import type { Lane } from './lane.ts'
import { LaneStage, type LaneStatus } from './lane-stage.ts'
import { Nobody } from './nobody.ts'
import { Presence } from './presence.ts'
import { openReach, type Reach } from './reach.ts'
import type { ShownNotifications } from './shown.ts'
import { Slices } from './slices.ts'
import { openWithdraw } from './withdraw.ts'

export interface PushOptions {
  /** None: nothing is pushed, and nothing is written down about it. */
  lanes: readonly Lane[]
  isMuted: IsMuted
  /** After so long nothing is pushed any more. A batch may ask for less. */
  lifetimeMs: number
  log: Pick<Log, 'error'>
  /** How long what is under way may take to end once the stage closes. */
  closingMs?: number
  /** What devices show is taken back when it is recalled or read; null: it stays. */
  withdrawing?: { shown: ShownNotifications; pushers: ReadonlyMap<PushWay, Pusher> } | null
  /** For metrics: how many pushes have their outcome; how long a provider took to answer. */
  onSettled?: (way: Outcomes['way'], state: PushResult['state'], pushes: number) => void
  onAnswer?: (way: PushWay, ms: number) => void
  onDeviceGone?: (way: PushWay) => void
}

export interface Push {
  /** What has just become durable and was delivered. */
  group(group: readonly Stored[]): void
  status(): LaneStatus[]
  /** What is under way gets a while to end; the rest goes on after the next start. */
  close(): Promise<void>
}

/** What lanes share. */
export interface StageOptions {
  engines: Engines
  feed: Feed
  reach: Reach
  slices: Slices
  lifetimeMs: number
  closingMs: number
  log: Pick<Log, 'error'>
  now: () => number
  hasDisk: () => boolean
  onSettled: NonNullable<PushOptions['onSettled']>
  onAnswer: NonNullable<PushOptions['onAnswer']>
  dropDevice: (way: PushWay, id: string, token: string) => void
}

export interface PushSurroundings
  extends Pick<PipelineOptions, 'engines' | 'audience' | 'diskReserveBytes' | 'now'> {
  removeDevice: Pipeline['removeDevice']
}

export async function openPush(
  { engines, audience, diskReserveBytes, now = Date.now, removeDevice }: PushSurroundings,
  options: PushOptions,
): Promise<Push> {
  const { lanes, isMuted, lifetimeMs, log, closingMs = 5000 } = options
  const { onSettled = () => {}, onAnswer = () => {}, onDeviceGone = () => {} } = options
  if (lanes.length === 0) return { group() {}, status: () => [], async close() {} }
  const { index, directory, journal } = engines

  const reachesAll = lanes.some(({ toDevices }) => !toDevices)
  const isReachable = (account: number) => reachesAll || directory.hasDevice(account)
  const isOpen = (account: number) => audience.isOpen(account)
  const presence = new Presence({ index, isOpen, isReachable })
  const feed = new Feed(journal, (error) => {
    log.error({ err: error }, 'what stands there in the journal is not pushed')
  })
  const shared: StageOptions = {
    engines,
    feed,
    reach: openReach({ engines, presence, isMuted, isReachable }),
    slices: new Slices(),
    lifetimeMs,
    closingMs,
    log,
    now,
    hasDisk: () => engines.bytesFree() >= diskReserveBytes,
    onSettled,
    onAnswer,
    dropDevice,
  }
  const { withdrawing = null } = options
  const withdraw =
    withdrawing &&
    openWithdraw(withdrawing.shown, openDirect(withdrawing.pushers, { removeDevice }))
  const laneStages = lanes.map((lane) => new LaneStage(lane, shared))
  const stages = [...laneStages, new Nobody(shared)]
  await Promise.all(stages.map((stage) => stage.start()))

  return {
    group(group) {
      if (reachesAll || directory.deviceCount > 0) {
        for (const stored of group) {
          if (isBatch(stored) && wantsPush(stored.record)) presence.remember(stored)
        }
      }
      feed.add(group)
      withdraw?.(group)
    },
    status: () => laneStages.map(({ status }) => status),
    async close() {
      await Promise.all(stages.map((stage) => stage.close()))
    },
  }

  function dropDevice(way: PushWay, id: string, token: string): void {
    removeDevice(way, id, { token }).then(
      (removed) => {
        if (removed !== null) onDeviceGone(way)
      },
      (error: unknown) => log.error({ err: error, way }, 'a dead device cannot be removed'),
    )
  }
}
