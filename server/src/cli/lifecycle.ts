import { exitCodes } from '../lib/exit-codes.ts'
import type { Log } from '../lib/log.ts'
import type { RunningServer } from '../server.ts'
import { statusOf } from './end.ts'

/**
 * Gives a server its life in this process.
 *
 *   starting ──▶ serving ──▶ stopping ──▶ exit 0
 *      │                        └──────▶ exit 70, when it takes too long or fails
 *      └──▶ exit 0, when a signal comes before anything was promised to anybody
 *
 * SIGTERM and SIGINT stop it. Another signal while stopping changes nothing:
 * npm forwards the one that the terminal has sent already.
 */
export async function runUntilSignal(
  log: Log,
  start: () => Promise<RunningServer>,
  stopMsMax = 15_000,
): Promise<RunningServer> {
  let server: RunningServer | undefined
  let stopping = false

  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected fault')
    process.exit(statusOf(error))
  })
  server = await start()
  return server

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (stopping) return
    stopping = true
    if (!server) process.exit(exitCodes.stopped.status)
    setTimeout(() => {
      log.fatal({ stopMsMax }, 'the stop took too long')
      process.exit(exitCodes.internal.status)
    }, stopMsMax)
    await server.stop(signal)
    process.exit(exitCodes.stopped.status)
  }
}
