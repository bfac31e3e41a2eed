import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { journalKeepsItsPromises } from '../../../src/engines/conformance/journal.ts'
import { openJournal } from '../../../src/engines/embedded/journal/journal.ts'

for (const segmentBytes of [1024, 1024 * 1024]) {
  journalKeepsItsPromises(`embedded, in segments of ${segmentBytes}`, async (now = Date.now) => {
    const folder = await mkdtemp(join(tmpdir(), 'journal-'))
    const open = () =>
      openJournal({
        folder,
        segmentBytes,
        now,
        onFatal: (error) => {
          throw error
        },
      })
    let journal = await open()
    return {
      get it() {
        return journal
      },
      async reopen() {
        await journal.close()
        journal = await open()
        return journal
      },
      async [Symbol.asyncDispose]() {
        await journal.close()
        await rm(folder, { recursive: true })
      },
    }
  })
}
