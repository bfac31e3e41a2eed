/** The embedded directory with so many accounts, for what is measured without a server. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccountChange } from '../../server/src/domain/record.ts'
import {
  type EmbeddedDirectory,
  openDirectory,
} from '../../server/src/engines/embedded/directory/directory.ts'

/** Closed and deleted after `use`. */
export async function withFullDirectory(
  accounts: number,
  use: (directory: EmbeddedDirectory) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'))
  const fail = (error: unknown) => {
    throw error
  }
  try {
    const directory = await openDirectory({ folder, onDamage: fail, onFatal: fail })
    for (let from = 1; from <= accounts; from += 4096) {
      const size = Math.min(4096, accounts + 1 - from)
      const changes = Array.from({ length: size }, (_, i): AccountChange => {
        const id = numberedId(from + i)
        return { number: from + i, id, nick: null, avatarUrl: null, attributes: null }
      })
      directory.apply({ place: from * 8, time: 0, record: { type: 'accounts', accounts: changes } })
    }
    directory.flush()
    use(directory)
    await directory.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function numberedId(number: number): string {
  return `u${String(number).padStart(7, '0')}`
}

/** So many random ids of these accounts, the same for the same seed. */
export function randomIds(seed: number, count: number, accounts: number): string[] {
  let state = seed + 1
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return numberedId(1 + Math.floor((state / 2 ** 32) * accounts))
  })
}

/** µs a call. The machine is shared: of five runs the quickest tells most. */
export function quickestUs(rounds: number, call: (round: number) => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5; run += 1) {
    const start = performance.now()
    for (let round = 0; round < rounds; round += 1) call(round)
    best = Math.min(best, ((performance.now() - start) / rounds) * 1000)
  }
  return best
}
