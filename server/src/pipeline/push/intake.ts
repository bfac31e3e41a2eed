/**
 * Makes notifications of copies: one for each device of a receiver or, where a
 * lane leads to no devices, one for all receivers of a copy. Who finds no room waits.
 */
import { positionOf } from '../../domain/place.ts'
import { type Job, type Jobs, keyOf } from './jobs.ts'
import type { Lane } from './lane.ts'
import type { StageOptions } from './push.ts'
import type { Settled } from './settled.ts'
import type { Receivers } from './walk.ts'

export interface IntakeOptions extends Pick<StageOptions, 'engines' | 'reach' | 'lifetimeMs'> {
  lane: Pick<Lane, 'way' | 'toDevices'>
  jobs: Jobs
  /** Its outcome is on its way into the journal. */
  isSettling: (key: string) => boolean
  /** There is something new to push. */
  onAdded: () => void
  /** Read when it is needed: nothing is taken any more. */
  isEnding: () => boolean
}

export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** With `settled`: only those that have no outcome yet. A promise: there was no room at once. */
  take(copy: Receivers, settled: Settled | null): Promise<void> | undefined {
    const { reach, jobs } = this.#options
    const { stored, ordinal } = copy
    const accounts = copy.accounts.filter(
      (account) => reach.whyNot(account, stored, ordinal) === null,
    )
    if (accounts.length === 0) return undefined
    const made = this.#jobsOf({ stored, ordinal, accounts })
    if (settled !== null) return this.#takeUnsettled(made, settled)
    let taken = 0
    for (; taken < made.length && !jobs.isFull; taken += 1) this.#add(made[taken]!)
    return taken < made.length ? this.#takeWithRoom(made.slice(taken)) : undefined
  }

  #jobsOf({ stored, ordinal, accounts }: Receivers): Job[] {
    const { lane, engines, lifetimeMs } = this.#options
    const { lifetimeSeconds } = stored.record
    const lifetime = Math.min(lifetimeMs, (lifetimeSeconds ?? Number.POSITIVE_INFINITY) * 1000)
    const position = positionOf(stored.place, ordinal)
    const expiresAt = stored.time + lifetime
    const jobOf = (receivers: readonly number[], deviceId: string): Job => ({
      position,
      stored,
      ordinal,
      accounts: receivers,
      deviceId,
      keys: receivers.map((account) => keyOf(position, account, deviceId)),
      token: '',
      expiresAt,
      refusals: 0,
      dueAt: 0,
    })
    if (!lane.toDevices) return [jobOf(accounts, '')]
    const made: Job[] = []
    for (const account of accounts) {
      for (const { way, id } of engines.directory.devices(account)) {
        if (way === lane.way) made.push(jobOf([account], id))
      }
    }
    return made
  }

  #add(job: Job): void {
    this.#options.jobs.add(job)
    this.#options.onAdded()
  }

  async #takeWithRoom(made: readonly Job[]): Promise<void> {
    for (const job of made) if (await this.#room()) this.#add(job)
  }

  async #takeUnsettled(made: readonly Job[], settled: Settled): Promise<void> {
    for (const job of made) {
      if (!(await this.#room())) return
      const left = await this.#unsettled(job, settled)
      if (left.accounts.length > 0) this.#add(left)
    }
  }

  /** Resolves when there is room; false: nothing is taken any more. */
  async #room(): Promise<boolean> {
    const { jobs, isEnding } = this.#options
    while (jobs.isFull && !isEnding()) await jobs.room()
    return !isEnding()
  }

  /** For those receivers who have no outcome yet, and are not on their way to one. */
  async #unsettled(job: Job, settled: Settled): Promise<Job> {
    const { jobs, isSettling } = this.#options
    const { position, stored, accounts, keys } = job
    let known = settled.of(stored.place)
    while (known === null) {
      await settled.read(stored.place)
      known = settled.of(stored.place)
    }
    const isLeft = (i: number) => {
      const key = keys[i]!
      if (known.has(key) || known.has(keyOf(position, accounts[i]!, ''))) return false
      return !jobs.has(key) && !isSettling(key)
    }
    return {
      ...job,
      accounts: accounts.filter((_, i) => isLeft(i)),
      keys: keys.filter((_, i) => isLeft(i)),
    }
  }
}
