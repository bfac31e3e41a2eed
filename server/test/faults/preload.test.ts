import { spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import type { Faults } from './preload.ts'

const preload = new URL('./preload.ts', import.meta.url).href

/** Does what it is told, one word a line, and says what came of it. */
const subject = `
  import fs, { fdatasync, writeSync } from 'node:fs'
  import { createInterface } from 'node:readline'
  const file = fs.openSync(process.argv[2] + '/one.journal', 'w')
  const other = fs.openSync(process.argv[2] + '/other.txt', 'w')
  const outcome = (error, value) => console.log(error ? error.code : value)
  const orders = {
    env: () => outcome(null, Object.keys(process.env).filter((name) => name.startsWith('CARILLON')).length),
    sync() {
      const start = performance.now()
      fdatasync(file, (error) => outcome(error, performance.now() - start >= 40 ? 'slow' : 'quick'))
    },
    syncNow() {
      try { outcome(null, (fs.fsyncSync(file), 'quick')) } catch (error) { outcome(error) }
    },
    write: () => fs.write(file, Buffer.alloc(100), 0, 100, null, outcome),
    writev: () => fs.writev(file, [Buffer.alloc(60), Buffer.alloc(40)], outcome),
    writeNow() {
      try { outcome(null, writeSync(file, 'x'.repeat(100))) } catch (error) { outcome(error) }
    },
    overwrite: () => fs.write(file, Buffer.alloc(50), 0, 50, 0, outcome),
    other: () => fs.write(other, Buffer.alloc(100), outcome),
    truncate: () => fs.ftruncate(file, 0, (error) => outcome(error, 'truncated')),
  }
  createInterface(process.stdin).on('line', (order) => orders[order]())
`

test('syncs fail and are slow while the control file says so', async () => {
  const { ask, control } = start()
  expect(await ask('sync')).toBe('quick')
  control({ syncDelayMs: 50 })
  expect(await ask('sync')).toBe('slow')
  control({ syncFails: 'EIO' })
  expect(await ask('sync')).toBe('EIO')
  expect(await ask('syncNow')).toBe('EIO')
  control({})
  expect(await ask('sync')).toBe('quick')
  expect(await ask('syncNow')).toBe('quick')
  expect(await ask('env')).toBe('0')
})

test('a small disk is full until there is room', async () => {
  const { ask, control } = start()
  control({ disk: { files: '\\.journal$', bytesMax: 250 } })
  expect(await ask('write')).toBe('100')
  expect(await ask('writeNow')).toBe('100')
  expect(await ask('writev')).toBe('50')
  for (const write of ['write', 'writev', 'writeNow']) expect(await ask(write)).toBe('ENOSPC')
  expect(await ask('overwrite')).toBe('50')
  expect(await ask('other')).toBe('100')
  control({ disk: { files: '\\.journal$', bytesMax: 300 } })
  expect(await ask('write')).toBe('50')
  control({})
  expect(await ask('write')).toBe('100')
})

test('one variable delays every sync without a control file', async () => {
  const { ask } = start({ CARILLON_FAULTS_SYNC_DELAY_MS: '50' })
  expect(await ask('sync')).toBe('slow')
  expect(await ask('env')).toBe('0')
})

function start(env?: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-faults-'))
  const path = join(folder, 'faults.json')
  const script = join(folder, 'subject.mjs')
  writeFileSync(script, subject)
  const child = spawn(process.execPath, ['--import', preload, script, folder], {
    env: { ...process.env, ...(env ?? { CARILLON_FAULTS: path }) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    child.stdin.end()
    await new Promise((resolve) => child.once('exit', resolve))
    rmSync(folder, { recursive: true })
  })
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async ask(order: string): Promise<string> {
      child.stdin.write(`${order}\n`)
      return String((await answers.next()).value)
    },
    control(faults: Faults): void {
      writeFileSync(`${path}.new`, JSON.stringify(faults))
      renameSync(`${path}.new`, path)
    },
  }
}
