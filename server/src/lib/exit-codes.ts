/**
 * How the process ends. The statuses are those of sysexits.h, so that an
 * init system or a script can tell a wrong setting from a broken disk.
 */
export const exitCodes = {
  stopped: { status: 0, meaning: 'stopped as it was asked to, or the command has done its work' },
  found: {
    status: 1,
    meaning:
      'the command has done its work, and found counters that differ, damage or lines that failed',
  },
  usage: {
    status: 64,
    meaning: 'the command line names a command or argument that does not exist',
  },
  unavailable: { status: 69, meaning: 'the address or port cannot be listened on' },
  internal: { status: 70, meaning: 'an unexpected fault, or a stop that took longer than 15 s' },
  cannotCreate: {
    status: 73,
    meaning: 'the data folder cannot be created or written, or another server uses it',
  },
  ioError: {
    status: 74,
    meaning: 'the journal could not be read, written or synced; what was acknowledged is kept',
  },
  configuration: { status: 78, meaning: 'a setting, or the file of secrets, is wrong' },
} as const satisfies Record<string, { status: number; meaning: string }>

export type ExitName = keyof typeof exitCodes

/**
 * A reason to end the process that its operator can act on: it is shown as
 * its lines, without a stack. Anything else thrown to the top is a fault of ours.
 */
export class ExitError extends Error {
  readonly exit: ExitName
  readonly lines: readonly string[]

  constructor(exit: ExitName, lines: string | readonly string[], cause?: unknown) {
    const all = typeof lines === 'string' ? [lines] : lines
    super(all.join('\n'), cause === undefined ? undefined : { cause })
    this.name = 'ExitError'
    this.exit = exit
    this.lines = all
  }

  get status(): number {
    return exitCodes[this.exit].status
  }
}
