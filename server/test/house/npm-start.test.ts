import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { newFolder, root } from '../lib/server.ts'

// A shell stood between npm and the server. Told to end, it ended, and the server went on alone.
test('SIGTERM to npm start ends the server, gracefully', async () => {
  const folder = newFolder()
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, CARILLON_DATA: folder, CARILLON_PORT: '0' },
  })
  let said = ''
  const heard = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(said)
        if (found !== null) resolve(found[1]!)
      }
      npm.stdout.on('data', look)
      npm.stdout.on('end', () =>
        reject(new Error(`it ended without a word of ${pattern}: ${said}`)),
      )
    })
  npm.stdout.on('data', (chunk: Buffer) => {
    said += String(chunk)
  })

  const url = await heard(/"url":"(http[^"]+)"/)
  npm.kill('SIGTERM')
  await heard(/"msg":"(stopped)"/)
  await expect(fetch(`${url}/livez`)).rejects.toThrow()
  rmSync(folder, { recursive: true })
})
