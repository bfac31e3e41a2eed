import type { Block } from '../domain/record.ts'
import { requireDisk } from './disk.ts'
import type { PipelineOptions } from './pipeline.ts'
import type { Turns } from './turns.ts'

/** Lets an account refuse what another says to it, or take it again. False: it was so. */
export function openBlock({ engines, diskReserveBytes }: PipelineOptions, turns: Turns) {
  const { journal, directory } = engines

  return function block(blocker: number, blocked: number, isOn: boolean): Promise<boolean> {
    return turns.take(`block ${blocker} ${blocked}`, async () => {
      if (directory.isBlocked(blocker, blocked) === isOn) return false
      requireDisk(engines, diskReserveBytes)
      await journal.append({ type: 'block', blocker, blocked, isOn } satisfies Block)
      return true
    })
  }
}
