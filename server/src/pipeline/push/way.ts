/**
 * The stage of one lane, from the journal to the provider and back.
 *
 *   track ─▶ jobs ─▶ provider ─▶ outcomes ─▶ journal
 *             ▲          │
 *             └─ later ──┴─ back, while the provider takes nothing
 *
 * How many go, and when, its pace says; nobody ever waits for it. Jobs without
 * room stay in the journal. When many wait to be tried again, those beyond are
 * left behind, so that they do not keep others from going.
 */
import type { KnownDevice } from '../../domain/device.ts'
import { positionOf } from '../../domain/place.ts'
import type { BreakerState } from '../../pushers/pace/breaker.ts'
import { Pace, type Turn } from '../../pushers/pace/pace.ts'
import { jitteredMs } from '../../pushers/pause.ts'
import type { PushOutcome } from '../../pushers/pusher.ts'
import { refused } from '../../pushers/refused.ts'
import { JOBS_WAITING_MAX, type Job, Jobs, keyOf } from './jobs.ts'
import type { Lane, LaneCopy } from './lane.ts'
import type { StageOptions } from './push.ts'
import type { Settled } from './settled.ts'
import { Track } from './track.ts'
import type { Receivers } from './walk.ts'

export interface LaneStatus {
  way: Lane['way']
  /** Notifications that are on their way, or wait to be tried again. */
  jobs: number
  underWay: number
  breaker: BreakerState
}

const RETRY_MS = { leastMs: 1000, mostMs: 300_000 }
const DISK_MS = 1000
/** Two milliseconds of work; live delivery goes on between turns. */
const JOBS_PER_TURN = 16
/** What has expired is to be seen in the ledger, whatever the provider does. */
const LOOK_MS_MAX = 60_000

export class Way {
  readonly #lane: Lane
  readonly #options: StageOptions
  readonly #pace: Pace
  readonly #jobs = new Jobs()
  readonly #track: Track
  #timer: NodeJS.Timeout | null = null
  #isSoon = false
  #onIdle: (() => void) | null = null

  constructor(lane: Lane, options: StageOptions) {
    const { concurrencyMax, perSecond, receiversMax, way } = lane
    this.#lane = lane
    this.#options = options
    this.#pace = new Pace({ concurrencyMax, perSecond, now: options.now })
    this.#track = new Track({
      ...options,
      way,
      receiversMax,
      isReachable: options.reach.isReachable,
      oldestUnsettled: () => this.#jobs.oldest(),
      take: (copy, settled) => this.#take(copy, settled),
      onWritten: () => this.#soon(),
    })
  }

  get status(): LaneStatus {
    const { way } = this.#lane
    const { state, underWay } = this.#pace
    return { way, jobs: this.#jobs.size, underWay, breaker: state }
  }

  start(): Promise<void> {
    return this.#track.start()
  }

  /** Nothing new goes; what is under way has a while to end; then outcomes are written. */
  async close(): Promise<void> {
    this.#track.stop()
    this.#jobs.wake()
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#pace.underWay > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#options.closingMs)
        this.#onIdle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    await this.#track.close()
  }

  #take({ stored, ordinal, accounts }: Receivers, settled: Settled | null) {
    const { reach } = this.#options
    const reached = accounts.filter((account) => reach.whyNot(account, stored, ordinal) === null)
    if (reached.length === 0) return
    const { lifetimeMs } = this.#options
    const { lifetimeSeconds } = stored.record
    const lifetime = Math.min(lifetimeMs, (lifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000)
    const job = {
      position: positionOf(stored.place, ordinal),
      stored,
      ordinal,
      expiresAt: stored.time + lifetime,
      token: '',
      refusals: 0,
      dueAt: 0,
    }
    if (!this.#lane.toDevices)
      return this.#add({ ...job, accounts: reached, deviceId: '' }, settled)
    return this.#addDevices(job, reached, settled)
  }

  async #addDevices(
    job: Omit<Job, 'accounts' | 'deviceId'>,
    accounts: readonly number[],
    settled: Settled | null,
  ): Promise<void> {
    const { way } = this.#lane
    for (const account of accounts) {
      for (const device of this.#options.engines.directory.devices(account)) {
        if (device.way !== way) continue
        await this.#add({ ...job, accounts: [account], deviceId: device.id }, settled)
      }
    }
  }

  async #add(job: Job, settled: Settled | null): Promise<void> {
    const { signal } = this.#track
    while (this.#jobs.isFull && !signal.aborted) await this.#jobs.room()
    if (signal.aborted) return
    const accounts = settled === null ? job.accounts : await this.#unsettled(job, settled)
    if (accounts.length === 0) return
    this.#jobs.add({ ...job, accounts })
    this.#soon()
  }

  /** Those who have no outcome yet, and are not on their way to one. */
  async #unsettled(
    { position, stored, accounts, deviceId }: Job,
    settled: Settled,
  ): Promise<readonly number[]> {
    let keys = settled.of(stored.place)
    while (keys === null) {
      await settled.read(stored.place)
      keys = settled.of(stored.place)
    }
    return accounts.filter((account) => {
      const key = keyOf(position, account, deviceId)
      if (keys.has(key) || keys.has(keyOf(position, account, ''))) return false
      return !this.#jobs.has(key) && !this.#track.writer.has(key)
    })
  }

  #soon(): void {
    if (this.#isSoon) return
    this.#isSoon = true
    setImmediate(() => {
      this.#isSoon = false
      this.#pump()
    })
  }

  /** Lets go what may go, and comes back when more may. */
  #pump(): void {
    if (this.#track.signal.aborted) return
    const now = this.#options.now()
    let nextAt = this.#jobs.readyUp(now)
    for (let jobs = 0; ; jobs += 1) {
      const job = this.#jobs.next()
      if (job === undefined) break
      if (jobs >= JOBS_PER_TURN) {
        nextAt = now
        break
      }
      if (job.expiresAt <= now) {
        this.#jobs.start(job)
        this.#settle(job, { state: 'skipped', detail: 'expired' })
        continue
      }
      if (this.#track.writer.isBehind || !this.#options.hasDisk()) {
        nextAt = Math.min(nextAt, now + DISK_MS)
        break
      }
      const turn = this.#pace.take()
      if (typeof turn === 'number') {
        nextAt = Math.min(nextAt, now + turn)
        break
      }
      this.#jobs.start(job)
      void this.#push(job, turn)
    }
    this.#comeBackAt(nextAt)
  }

  #comeBackAt(at: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const waitMs = at - this.#options.now()
    if (waitMs <= 0) this.#soon()
    else if (waitMs < Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#pump(), Math.min(waitMs, LOOK_MS_MAX)).unref()
    }
  }

  async #push(job: Job, turn: Turn): Promise<void> {
    const startedAt = performance.now()
    const outcome = await this.#handOver(job)
    if (typeof outcome === 'string') {
      turn.unused()
      this.#settle(job, { state: 'skipped', detail: outcome })
    } else {
      turn.answered(outcome)
      this.#options.onAnswer(this.#lane.way, performance.now() - startedAt)
      this.#deal(job, outcome)
    }
    if (this.#pace.underWay === 0) this.#onIdle?.()
    this.#soon()
  }

  /** What the provider says, or why it was not asked. */
  async #handOver(job: Job): Promise<PushOutcome | string> {
    try {
      const copy = this.#copyOf(job)
      if (typeof copy === 'string') return copy
      job.token = copy.device?.token ?? ''
      return (await this.#lane.push(copy)) ?? 'not-wanted'
    } catch (error) {
      const { way } = this.#lane
      const { place } = job.stored
      this.#options.log.error({ err: error, way, place }, 'a copy cannot be put into words')
      return refused('InternalError')
    }
  }

  /** What goes along the lane now, or why nothing does any more. */
  #copyOf({ stored, ordinal, accounts, deviceId, expiresAt, position }: Job): LaneCopy | string {
    const { engines, reach } = this.#options
    const { toDevices } = this.#lane
    // It may belong to somebody else by now.
    const device = toDevices ? this.#deviceOf(accounts[0]!, deviceId) : null
    if (toDevices && device === null) return 'no-device'
    const why = reach.whyNoLonger(accounts, stored, ordinal, position)
    if (why !== null) return why
    const { badge } = engines.index.totals(accounts[0]!)
    return { stored, ordinal, accounts, badge, device, expiresAt }
  }

  #deviceOf(account: number, id: string): KnownDevice | null {
    const devices = this.#options.engines.directory.devices(account)
    return devices.find((device) => device.way === this.#lane.way && device.id === id) ?? null
  }

  #deal(job: Job, outcome: PushOutcome): void {
    if (outcome.state === 'pushed') {
      this.#settle(job, { state: 'pushed', detail: outcome.id })
    } else if (outcome.isDeviceGone) {
      this.#settle(job, { state: 'refused', detail: outcome.reason })
      this.#options.dropDevice(this.#lane.way, job.deviceId, job.token)
    } else if (!outcome.isRetryable) {
      this.#settle(job, { state: 'refused', detail: outcome.reason })
    } else if (outcome.scope === 'provider') {
      this.#jobs.back(job)
    } else {
      this.#tryLater(job, outcome.reason, outcome.retryAfterMs)
    }
  }

  #tryLater(job: Job, reason: string, retryAfterMs: number | null): void {
    job.refusals += 1
    const waitMs = Math.max(jitteredMs(job.refusals, RETRY_MS), retryAfterMs ?? 0)
    const dueAt = this.#options.now() + waitMs
    if (dueAt >= job.expiresAt) {
      this.#settle(job, { state: 'refused', detail: reason, isRetryable: true })
    } else if (this.#jobs.waiting < JOBS_WAITING_MAX) {
      this.#jobs.later(job, dueAt)
    } else {
      this.#track.leaveBehind(job.position)
      this.#jobs.remove(job)
    }
  }

  #settle(
    job: Job,
    result: { state: 'pushed' | 'refused' | 'skipped'; detail: string; isRetryable?: boolean },
  ): void {
    const { position, accounts, deviceId } = job
    for (const account of accounts) {
      this.#track.writer.add({ isRetryable: false, ...result, position, account, deviceId })
    }
    this.#options.onSettled(this.#lane.way, result.state, accounts.length)
    this.#jobs.remove(job)
  }
}
