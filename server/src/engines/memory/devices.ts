import type { Device, KnownDevice, PushWay } from '../../domain/device.ts'
import type { DeviceChange } from '../../domain/record.ts'

/** The devices of a directory of plain objects. */
export function openMemoryDevices() {
  const byId = new Map<string, KnownDevice>()
  const byAccount = new Map<number, KnownDevice[]>()

  function of(account: number): KnownDevice[] {
    return byAccount.get(account) ?? []
  }

  function put(device: KnownDevice): void {
    const known = byId.get(keyOf(device.way, device.id))
    byId.set(keyOf(device.way, device.id), device)
    if (known?.account === device.account) {
      const others = of(device.account)
      byAccount.set(device.account, others.with(others.indexOf(known), device))
    } else {
      if (known) leave(known)
      byAccount.set(device.account, [...of(device.account), device])
    }
  }

  function remove(device: KnownDevice): void {
    byId.delete(keyOf(device.way, device.id))
    leave(device)
  }

  function leave(device: KnownDevice): void {
    const others = of(device.account).filter((each) => each !== device)
    if (others.length > 0) byAccount.set(device.account, others)
    else byAccount.delete(device.account)
  }

  return {
    change({ account, device, isGone }: DeviceChange, time: number): void {
      const known = byId.get(keyOf(device.way, device.id))
      if (!isGone) {
        for (const other of byId.values())
          if (isSame(device, other) && other !== known) remove(other)
        put({ ...device, account, changedAt: time })
      } else if (known) {
        remove(known)
      }
    },
    of: (account: number): KnownDevice[] => [...of(account)],
    find: (way: PushWay, id: string): KnownDevice | null => byId.get(keyOf(way, id)) ?? null,
    has: (account: number): boolean => byAccount.has(account),
    get count(): number {
      return byId.size
    },
  }
}

const keyOf = (way: PushWay, id: string) => `${way} ${id}`

/** Whether they have the same token. */
function isSame(device: Device, other: Device): boolean {
  return device.token !== '' && device.way === other.way && device.token === other.token
}
