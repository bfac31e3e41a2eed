/** Hands notifications of one lane over, as things are at the time. */
import type { KnownDevice } from '../../domain/device.ts'
import { messageOf } from '../../domain/message.ts'
import type { PushOutcome } from '../../pushers/pusher.ts'
import { refused } from '../../pushers/refused.ts'
import { contentAt } from '../../template/contents.ts'
import type { Job } from './jobs.ts'
import type { Lane, LaneCopy } from './lane.ts'
import type { StageOptions } from './push.ts'

export class HandOver {
  readonly #lane: Lane
  readonly #options: Pick<StageOptions, 'engines' | 'reach' | 'log'>

  constructor(lane: Lane, options: Pick<StageOptions, 'engines' | 'reach' | 'log'>) {
    this.#lane = lane
    this.#options = options
  }

  /** What the provider says, or why it was not asked. */
  async push(job: Job): Promise<PushOutcome | string> {
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
  #copyOf(job: Job): LaneCopy | string {
    const { engines, reach } = this.#options
    const { toDevices } = this.#lane
    const { stored, ordinal, accounts, deviceId, expiresAt, position } = job
    // It may belong to somebody else by now.
    const device = toDevices ? this.#deviceOf(accounts[0]!, deviceId) : null
    if (toDevices && device === null) return 'no-device'
    const overlaid = engines.directory.overlays([position])[0] ?? null
    const why = reach.whyNoLonger(job, overlaid)
    if (why !== null) return why
    const content = overlaid?.content ?? contentAt(stored.record, ordinal)
    const message = messageOf(stored, ordinal, { content, changedAt: overlaid?.time ?? null })
    const { badge } = engines.index.totals(accounts[0]!)
    return { ...message, content, accounts, badge, device, expiresAt }
  }

  #deviceOf(account: number, id: string): KnownDevice | null {
    const devices = this.#options.engines.directory.devices(account)
    return devices.find((device) => device.way === this.#lane.way && device.id === id) ?? null
  }
}
