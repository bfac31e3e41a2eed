/**
 * The stage of one lane, from the journal to the provider and back.
 *
 *   track ─▶ intake ─▶ jobs ─▶ provider ─▶ answers ─▶ outcomes ─▶ journal
 *                       ▲                     │
 *                       └──── later, or back ─┘
 *
 * How many go, and when, its pace says; nobody ever waits for it. It works in
 * slices: first it deals with the answers that came, then it lets others go.
 * Jobs without room stay in the journal. When many wait to be tried again, those
 * beyond are left behind, so that they do not keep others from going.
 */
import type { BreakerState } from '../../pushers/pace/breaker.ts'
import { Pace, type Turn } from '../../pushers/pace/pace.ts'
import { jitteredMs } from '../../pushers/pause.ts'
import type { PushOutcome } from '../../pushers/pusher.ts'
import { HandOver } from './hand-over.ts'
import { Intake } from './intake.ts'
import { JOBS_WAITING_MAX, type Job, Jobs } from './jobs.ts'
import type { Lane } from './lane.ts'
import type { StageOptions } from './push.ts'
import { Track } from './track.ts'

export interface LaneStatus {
  way: Lane['way']
  /** Notifications that are on their way, or wait to be tried again. */
  jobs: number
  underWay: number
  breaker: BreakerState
}

interface Answer {
  job: Job
  turn: Turn
  /** What the provider says, or why it was not asked. */
  outcome: PushOutcome | string
}

const RETRY_MS = { leastMs: 1000, mostMs: 300_000 }
const DISK_MS = 1000
/** What has expired is to be seen in the ledger, whatever the provider does. */
const LOOK_MS_MAX = 60_000
/** Answers that come in heaps of so many hold up the thread. */
const HEAP = 64

export class LaneStage {
  readonly #lane: Lane
  readonly #options: StageOptions
  readonly #pace: Pace
  readonly #jobs = new Jobs()
  readonly #track: Track
  readonly #handOver: HandOver
  readonly #answers: Answer[] = []
  #timer: NodeJS.Timeout | null = null
  #isSoon = false
  #onIdle: (() => void) | null = null

  constructor(lane: Lane, options: StageOptions) {
    const { concurrencyMax, perSecond, receiversMax, way } = lane
    this.#lane = lane
    this.#options = options
    this.#pace = new Pace({ concurrencyMax, perSecond, now: options.now })
    this.#handOver = new HandOver(lane, options)
    const intake = new Intake({
      ...options,
      lane,
      jobs: this.#jobs,
      isSettling: (key) => this.#track.writer.has(key),
      onAdded: () => this.#soon(),
      isEnding: () => this.#track.signal.aborted,
    })
    this.#track = new Track({
      ...options,
      way,
      receiversMax,
      isReachable: options.reach.isReachable,
      oldestUnsettled: () => this.#jobs.oldest(),
      take: (copy, settled) => intake.take(copy, settled),
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

  #soon(): void {
    if (this.#isSoon) return
    this.#isSoon = true
    this.#options.slices.soon(() => {
      this.#isSoon = false
      this.#work()
    })
  }

  #work(): void {
    const { slices } = this.#options
    while (this.#answers.length > 0 && slices.takeStep()) this.#deal(this.#answers.shift()!)
    if (this.#answers.length > 0) this.#soon()
    else if (!this.#track.signal.aborted) this.#pump()
  }

  /** Lets go what may go, and comes back when more may. */
  #pump(): void {
    const now = this.#options.now()
    let nextAt = this.#jobs.readyUp(now)
    for (;;) {
      const job = this.#jobs.next()
      if (job === undefined) break
      if (!this.#options.slices.takeStep()) {
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
      this.#timer = setTimeout(() => this.#soon(), Math.min(waitMs, LOOK_MS_MAX)).unref()
    }
  }

  async #push(job: Job, turn: Turn): Promise<void> {
    const startedAt = performance.now()
    const outcome = await this.#handOver.push(job)
    if (typeof outcome !== 'string') {
      this.#options.onAnswer(this.#lane.way, performance.now() - startedAt)
    }
    if (this.#answers.push({ job, turn, outcome }) === HEAP) this.#pace.crowded()
    this.#soon()
  }

  #deal({ job, turn, outcome }: Answer): void {
    if (typeof outcome === 'string') {
      turn.unused()
      this.#settle(job, { state: 'skipped', detail: outcome })
    } else {
      turn.answered(outcome)
      this.#follow(job, outcome)
    }
    if (this.#pace.underWay === 0) this.#onIdle?.()
  }

  #follow(job: Job, outcome: PushOutcome): void {
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
    const { position, accounts, deviceId, keys } = job
    for (const [i, account] of accounts.entries()) {
      this.#track.writer.add(keys[i]!, {
        isRetryable: false,
        ...result,
        position,
        account,
        deviceId,
      })
    }
    this.#options.onSettled(this.#lane.way, result.state, accounts.length)
    this.#jobs.remove(job)
  }
}
