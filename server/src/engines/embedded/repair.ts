import type { Place } from '../../domain/place.ts'
import { type Peek, peekIntoDirectory } from './directory/peek.ts'
import { demandRebuild, folderAt, placeSeenByIndex, removeDerived } from './folder.ts'
import { accountsIn } from './journal/held.ts'
import { type RepairReport, repair } from './journal/repair.ts'
import { lockFolder } from './lock.ts'

/** What was found, and the ids of the accounts in it as far as the directory knows them. */
export interface FolderRepair {
  report: RepairReport
  ids: Map<number, string>
}

/**
 * Finds what is damaged in the journal of a data folder, and with `write` cuts it out. What is
 * derived is removed then: the next start makes it again from what is left. No number moves by
 * that, for numbers stand in the records.
 *
 * Safe against a crash on the way: the demand to make everything again is durable before the first
 * byte of the journal changes, and is met by whichever comes first, this or the next start.
 */
export async function repairFolder(
  root: string,
  { write }: { write: boolean },
): Promise<FolderRepair> {
  const folder = folderAt(root)
  const lock = lockFolder(root)
  const directory = peekIntoDirectory(folder.directory)
  try {
    const knownDurable: Place = Math.max(directory.place, await placeSeenByIndex(folder))
    const found = await repair(folder.journal, { write: false, knownDurable })
    const ids = idsIn(found, directory)
    directory.close()
    if (!write || found.damaged.length === 0) return { report: found, ids }

    demandRebuild(folder)
    const report = await repair(folder.journal, { write: true, knownDurable })
    removeDerived(folder)
    return { report, ids }
  } finally {
    directory.close()
    lock.release()
  }
}

function idsIn({ damaged, tornTail }: RepairReport, directory: Peek): Map<number, string> {
  const records = [...damaged, ...(tornTail === null ? [] : [tornTail])].flatMap(
    (stretch) => stretch.records,
  )
  const ids = new Map<number, string>()
  for (const account of records.flatMap(({ held }) => accountsIn(held))) {
    ids.set(account, directory.id(account))
  }
  return ids
}
