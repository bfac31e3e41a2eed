import { Command } from 'commander'
import type { Directory } from '../engines/directory.ts'
import type { Difference } from '../engines/index.ts'
import { exitCodes } from '../lib/exit-codes.ts'
import { type FolderOptions, onDataFolder, settingsOf } from './data-folder.ts'
import { endWith } from './end.ts'

interface Options extends FolderOptions {
  json?: true
}

export const recount = onDataFolder(new Command('recount'))
  .description('compare every counter with a walk of all timelines; status 1 when any differs')
  .option('--json', 'print one JSON object a line: the differences, then the summary')
  .action(async (options: Options) => {
    const { data, segmentBytes, checkpointEntries } = settingsOf(options)
    const { openEmbedded } = await import('../engines/embedded/open.ts')
    const engines = await openEmbedded({
      folder: data,
      segmentBytes,
      checkpointEntries,
      log: { info() {}, warn: say, error: say },
      onFatal: endWith,
    })
    let differences = 0
    try {
      const { index, directory } = engines
      for await (const difference of index.recount()) {
        differences += 1
        print(options.json ? inJson(difference, directory) : inWords(difference, directory))
      }
      const { conversations, copies } = index.size()
      const summary = { accounts: directory.count, conversations, copies, differences }
      print(options.json ? JSON.stringify(summary) : sumUp(summary))
    } finally {
      await engines.close()
    }
    process.exitCode = differences === 0 ? exitCodes.stopped.status : exitCodes.found.status
  })

function inWords(difference: Difference, directory: Directory): string {
  const { account, peer, counter, kept, counted } = difference
  const who = nameOf(account, directory)
  const where = peer === null ? 'over all conversations' : `with ${nameOf(peer, directory)}`
  return `${who} ${where}: ${counter} is kept as ${kept}, and counted as ${counted}`
}

function inJson({ account, peer, ...counter }: Difference, directory: Directory): string {
  return JSON.stringify({
    account: directory.id(account),
    number: account,
    peer: peer === null ? null : directory.id(peer),
    ...counter,
  })
}

function sumUp(summary: Record<'accounts' | 'conversations' | 'copies' | 'differences', number>) {
  const { accounts, conversations, copies, differences } = summary
  const walked = `${accounts} accounts, ${conversations} conversations, ${copies} copies`
  return `${walked}: ${differences === 0 ? 'every counter is right' : `${differences} differences`}`
}

function nameOf(account: number, directory: Directory): string {
  return directory.id(account) || `account number ${account}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** What opening has to tell, such as damage. */
function say(details: unknown, message?: string): void {
  process.stderr.write(`carillon: ${message ?? ''} ${JSON.stringify(details)}\n`)
}
