/**
 * Which pushes of a batch have their outcome already: asked when a batch is
 * gone through again, after a start or for those that were left behind.
 */
import type { Place } from '../../domain/place.ts'
import type { Outcomes, Stored } from '../../domain/record.ts'
import type { Engines } from '../../engines/engines.ts'
import { keyOf } from './jobs.ts'
import type { OutcomesWriter } from './outcomes.ts'

export class Settled {
  readonly #engines: Pick<Engines, 'journal' | 'directory'>
  readonly #writer: OutcomesWriter
  readonly #way: Outcomes['way']
  #known: { place: Place; version: number; keys: ReadonlySet<string> } | null = null

  constructor(
    engines: Pick<Engines, 'journal' | 'directory'>,
    way: Outcomes['way'],
    writer: OutcomesWriter,
  ) {
    this.#engines = engines
    this.#way = way
    this.#writer = writer
  }

  /**
   * Their names, and those of receivers who were online or did not want to be disturbed: of them,
   * without a device. Null: they have to be read first, or again, because more were written since.
   */
  of(place: Place): ReadonlySet<string> | null {
    const known = this.#known
    return known?.place === place && known.version === this.#writer.version ? known.keys : null
  }

  async read(place: Place): Promise<void> {
    const { version } = this.#writer
    const { directory, journal } = this.#engines
    const keys = new Set<string>()
    for (const stored of await journal.read(directory.outcomesOf(place))) {
      if (stored?.record.type !== 'outcomes') continue
      const { way, results } = (stored as Stored<Outcomes>).record
      if (way !== this.#way && way !== 'none') continue
      for (const each of results) keys.add(keyOf(each.position, each.account, each.deviceId))
    }
    this.#known = { place, version, keys }
  }
}
