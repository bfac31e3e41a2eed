/** Devices that are registered for accounts, and go. What would change nothing is not written. */
import { isDeepStrictEqual } from 'node:util'
import type { Device, KnownDevice, PushWay } from '../domain/device.ts'
import { all } from './all.ts'
import { requireDisk } from './disk.ts'
import type { PipelineOptions } from './pipeline.ts'
import type { Turns } from './turns.ts'

/** Apps register at every start, and are to say when they were last seen. */
const AGAIN_AFTER_MS = 24 * 3_600_000

/** Of an account. With one more, the one that was registered longest ago is gone. */
export const DEVICES_MAX = 50

/** Whose device it has to be to be removed, and with which token; left out: any. */
export interface DeviceMatch {
  account?: number
  token?: string
}

export function openDevices(options: PipelineOptions, turns: Turns) {
  const { engines, diskReserveBytes, now = Date.now } = options
  const { journal, directory } = engines

  return {
    async registerDevice(account: number, device: Device): Promise<KnownDevice> {
      const registered = await turns.take(turnOf(device), () => register(account, device))
      await all(tooMany(account).map(forget))
      return registered
    },

    removeDevice(way: PushWay, id: string, match: DeviceMatch = {}): Promise<KnownDevice | null> {
      return turns.take(turnOf({ way, id }), async () => {
        const known = directory.device(way, id)
        if (known === null) return null
        const { account = known.account, token = known.token } = match
        if (known.account !== account || known.token !== token) return null
        await gone(known)
        return known
      })
    },
  }

  async function register(account: number, device: Device): Promise<KnownDevice> {
    const known = directory.device(device.way, device.id)
    const isRecent = known !== null && now() - known.changedAt < AGAIN_AFTER_MS
    if (isRecent && isDeepStrictEqual(known, { ...known, ...device, account })) return known
    requireDisk(engines, diskReserveBytes)
    const { time } = await journal.append({ type: 'device', account, device, isGone: false })
    return { ...device, account, changedAt: time }
  }

  function tooMany(account: number): KnownDevice[] {
    const devices = directory.devices(account)
    return devices.sort((one, other) => one.changedAt - other.changedAt).slice(0, -DEVICES_MAX)
  }

  /** Unless it has been registered again since. */
  function forget(device: KnownDevice): Promise<void> {
    return turns.take(turnOf(device), async () => {
      if (isDeepStrictEqual(directory.device(device.way, device.id), device)) await gone(device)
    })
  }

  async function gone({ account, changedAt, ...device }: KnownDevice): Promise<void> {
    await journal.append({ type: 'device', account, device, isGone: true })
  }
}

const turnOf = ({ way, id }: Pick<Device, 'way' | 'id'>) => `device ${way} ${id}`
