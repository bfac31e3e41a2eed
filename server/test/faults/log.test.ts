import { spawn } from 'node:child_process'
import { existsSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keys, newFolder, root } from '../lib/server.ts'

// A log line that found no room was an unexpected fault, whose own log line found no room either:
// the server neither served nor ended.
test.runIf(existsSync('/dev/full'))('a log on a full disk stops nothing', async () => {
  const folder = newFolder()
  const port = 20_000 + (process.pid % 20_000)
  const child = spawn(process.execPath, [join(root, 'server/src/cli/carillon.ts'), 'serve'], {
    env: { ...process.env, ...keys, CARILLON_DATA: folder, CARILLON_PORT: String(port) },
    stdio: ['ignore', openSync('/dev/full', 'w'), 'ignore'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const isServing = () =>
    fetch(`http://127.0.0.1:${port}/livez`).then(
      ({ status }) => status === 200,
      () => false,
    )
  await expect.poll(isServing, { timeout: 10_000 }).toBe(true)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  rmSync(folder, { recursive: true })
})
