import { CommanderError } from 'commander'
import { ExitError, exitCodes } from '../lib/exit-codes.ts'

/** Ends the process with the status of an error, after the lines that its operator needs. */
export function endWith(error: unknown): never {
  for (const line of linesOf(error)) process.stderr.write(`${line}\n`)
  process.exit(statusOf(error))
}

export function statusOf(error: unknown): number {
  if (error instanceof ExitError) return error.status
  // Asking for help is no error, and commander has said everything else already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.status
  return exitCodes.internal.status
}

function linesOf(error: unknown): string[] {
  if (error instanceof CommanderError) return []
  if (error instanceof ExitError) return error.lines.map((line) => `carillon: ${line}`)
  return [`carillon: ${error instanceof Error ? error.stack : String(error)}`]
}
