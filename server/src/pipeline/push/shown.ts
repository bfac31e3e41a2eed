/**
 * The notifications that devices may be showing, as far as they are remembered:
 * so that one can be taken back when its message is recalled, or read elsewhere.
 */
import type { Device } from '../../domain/device.ts'
import type { Peer } from '../../domain/peer.ts'
import type { Position } from '../../domain/place.ts'

export interface Shown {
  device: Device
  /** A later notification of this id on the device has taken the place of this one. */
  collapseId: string
  account: number
  /** The conversation that it is about, as the account sees it. */
  peer: Peer
  position: Position
  /** Unix time, seconds; null: as long as its provider keeps it. */
  expiresAt: number | null
}

/** Of all devices. With one more, the oldest is forgotten, and stays where it is shown. */
export const SHOWN_MAX = 50_000

export class ShownNotifications {
  /** Oldest first. */
  readonly #byName = new Map<string, Shown>()
  readonly #ofAccount = new Index<number>()
  readonly #atPosition = new Index<Position>()

  add(shown: Shown): void {
    const name = nameOf(shown)
    this.#forget(name)
    if (this.#byName.size >= SHOWN_MAX) this.#forget(this.#byName.keys().next().value!)
    const { device, collapseId, account, peer, position, expiresAt } = shown
    this.#byName.set(name, { device, collapseId, account, peer, position, expiresAt })
    this.#ofAccount.add(shown.account, name)
    this.#atPosition.add(shown.position, name)
  }

  /** Forgets and gives those of a conversation that the account has read up to a position. */
  takeRead(account: number, peer: Peer, upTo: Position): Shown[] {
    return this.#take(
      this.#ofAccount.of(account),
      (shown) => shown.peer === peer && shown.position <= upTo,
    )
  }

  /** Forgets and gives those of one copy. */
  takeAt(position: Position): Shown[] {
    return this.#take(this.#atPosition.of(position), () => true)
  }

  #take(names: readonly string[], isMeant: (shown: Shown) => boolean): Shown[] {
    const taken = names.map((name) => this.#byName.get(name)!).filter(isMeant)
    for (const shown of taken) this.#forget(nameOf(shown))
    return taken
  }

  #forget(name: string): void {
    const shown = this.#byName.get(name)
    if (shown === undefined) return
    this.#byName.delete(name)
    this.#ofAccount.remove(shown.account, name)
    this.#atPosition.remove(shown.position, name)
  }
}

function nameOf({ device, collapseId }: Shown): string {
  return `${device.way} ${device.id} ${collapseId}`
}

/** Names by something that several of them may share. */
class Index<Key> {
  readonly #names = new Map<Key, Set<string>>()

  of(key: Key): string[] {
    return [...(this.#names.get(key) ?? [])]
  }

  add(key: Key, name: string): void {
    const names = this.#names.get(key)
    if (names === undefined) this.#names.set(key, new Set([name]))
    else names.add(name)
  }

  remove(key: Key, name: string): void {
    const names = this.#names.get(key)
    names?.delete(name)
    if (names?.size === 0) this.#names.delete(key)
  }
}
