import { Command } from 'commander'
import type { RepairReport, Stretch } from '../engines/embedded/journal/repair.ts'
import { exitCodes } from '../lib/exit-codes.ts'
import { type FolderOptions, onDataFolder, settingsOf } from './data-folder.ts'
import { type IdOf, wordsOf } from './repair-words.ts'

interface Options extends FolderOptions {
  yes?: true
}

export const repair = onDataFolder(new Command('repair'))
  .description(
    'show what of the journal is damaged, and cut it out; status 1 while any damage is left',
  )
  .option('--yes', 'cut it out: what it held is gone, all else can be used again')
  .action(async (options: Options) => {
    const settings = settingsOf(options)
    const { repairFolder } = await import('../engines/embedded/repair.ts')
    const { report, ids } = await repairFolder(settings.data, { write: options.yes === true })
    for (const line of linesOf(report, (account) => ids.get(account) ?? ''))
      process.stdout.write(`${line}\n`)
    const isWhole = report.damaged.length === 0 || report.isWritten
    process.exitCode = isWhole ? exitCodes.stopped.status : exitCodes.found.status
  })

function linesOf(report: RepairReport, idOf: IdOf): string[] {
  const { segments, groups, damaged, tornTail, isWritten } = report
  const lines: string[] = []
  for (const stretch of damaged) {
    lines.push(`place ${stretch.place}, ${stretch.bytes} bytes: ${stretch.detail}`)
    lines.push(`  in ${stretch.file}`, ...recordsIn(stretch, idOf))
  }
  if (tornTail !== null) {
    const { place, bytes } = tornTail
    lines.push(`place ${place}, ${bytes} bytes: not written to its end, so nobody was told of it;`)
    lines.push('  the next start cuts it off', ...recordsIn(tornTail, idOf))
  }
  lines.push(`${segments} segments and ${groups} whole groups were read`)
  if (damaged.length === 0) return [...lines, 'nothing is damaged']
  if (isWritten) {
    return [
      ...lines,
      'what is damaged has been cut out: keep this list, it is the only trace of what was there',
      'the next start makes the index and the directory again from the journal',
    ]
  }
  return [...lines, 'nothing was changed; with --yes what is damaged is cut out']
}

function recordsIn({ records }: Stretch, idOf: IdOf): string[] {
  if (records.length === 0) return ['  nothing in it can be read']
  return records.map(({ place, time, held }) => {
    return `  held, at place ${place}, ${new Date(time).toISOString()}: ${wordsOf(held, idOf)}`
  })
}
