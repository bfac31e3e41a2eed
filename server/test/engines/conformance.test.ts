/**
 * Every engine passes the same suite, unchanged.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directoryKeepsItsPromises } from '../../src/engines/conformance/directory.ts'
import { enginesKeepTheirPromises } from '../../src/engines/conformance/engines.ts'
import { indexKeepsItsPromises } from '../../src/engines/conformance/index.ts'
import { journalKeepsItsPromises } from '../../src/engines/conformance/journal.ts'
import type { Subject } from '../../src/engines/conformance/subject.ts'
import { openDirectory } from '../../src/engines/embedded/directory/directory.ts'
import { openIndex } from '../../src/engines/embedded/index/open-index.ts'
import { openJournal } from '../../src/engines/embedded/journal/journal.ts'
import { openEmbedded } from '../../src/engines/embedded/open.ts'
import type { Engines } from '../../src/engines/engines.ts'
import { openMemoryEngines } from '../../src/engines/memory/engines.ts'

journalKeepsItsPromises('memory', (now) => memory(now, ({ journal }) => journal))
indexKeepsItsPromises('memory', (now) => memory(now, ({ index }) => index))
directoryKeepsItsPromises('memory', (now) => memory(now, ({ directory }) => directory))
enginesKeepTheirPromises('memory', (now) => memory(now, (engines) => engines))

journalKeepsItsPromises('embedded', (now = Date.now) =>
  inFolder((folder) => openJournal({ folder, segmentBytes: 1024 * 1024, now, onFatal })),
)
indexKeepsItsPromises('embedded', () =>
  inFolder((folder) => openIndex({ folder, checkpointEntries: 1000, onDamage: onFatal })),
)
directoryKeepsItsPromises('embedded', () =>
  inFolder((folder) => openDirectory({ folder, onDamage: onFatal, onFatal })),
)
enginesKeepTheirPromises('embedded', (now = Date.now) =>
  inFolder((folder) =>
    openEmbedded({
      folder,
      segmentBytes: 1024 * 1024,
      checkpointEntries: 1000,
      log: { info() {}, warn: onFatal, error: onFatal },
      onFatal,
      now,
    }),
  ),
)

/** What a quiet test never meets. */
function onFatal(...what: unknown[]): never {
  throw what[0]
}

async function memory<T>(
  now: (() => number) | undefined,
  pick: (engines: Engines) => T,
): Promise<Subject<T>> {
  const engines = await openMemoryEngines(now === undefined ? {} : { now })
  return {
    it: pick(engines),
    reopen: null,
    [Symbol.asyncDispose]: () => engines.close(),
  }
}

/** Something that lives in a folder of its own. */
async function inFolder<T extends { close(): Promise<void> }>(
  open: (folder: string) => Promise<T>,
): Promise<Subject<T>> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-conformance-'))
  let it = await open(folder)
  return {
    get it() {
      return it
    },
    async reopen() {
      await it.close()
      it = await open(folder)
      return it
    },
    async [Symbol.asyncDispose]() {
      await it.close()
      rmSync(folder, { recursive: true })
    },
  }
}
