import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readUserSig, verifyUserSig } from '../../src/access/usersig.ts'
import { firstCalls } from '../../src/cli/first-calls.ts'
import { requireNode } from '../../src/cli/serve.ts'
import { exitCodes } from '../../src/lib/exit-codes.ts'
import { openSecrets } from '../../src/secrets.ts'
import { loadSettings } from '../../src/settings.ts'

const root = resolve(import.meta.dirname, '../../..')
const node = join(root, 'node_modules/.bin/node')
const carillon = join(root, 'server/src/cli/carillon.ts')
const lifecycle = join(import.meta.dirname, 'fixtures/lifecycle.ts')

const folder = mkdtempSync(join(tmpdir(), 'carillon-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('CARILLON_')),
)

interface Process {
  status: number | NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Runs a script to its end. `onOutput` sees all that it has printed so far and may send signals. */
function run(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
  onOutput: (all: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Process> {
  const child = spawn(node, [script, ...args], { cwd: folder, env: { ...surroundings, ...env } })
  const ran: Process = { status: null, stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    ran.stdout += chunk
    onOutput(ran.stdout, (signal) => child.kill(signal))
  })
  child.stderr.on('data', (chunk) => {
    ran.stderr += chunk
  })
  return new Promise((settle) => {
    child.once('close', (status, signal) => settle({ ...ran, status: status ?? signal }))
  })
}

describe('carillon', () => {
  test('--help lists the commands', async () => {
    const { status, stdout } = await run(carillon, ['--help'])
    expect(status).toBe(0)
    expect(stdout).toContain('serve ')
    expect(stdout).toContain('usersig ')
  })

  test('serve --help lists the settings', async () => {
    const { status, stdout } = await run(carillon, ['serve', '--port', '1', '--help'])
    expect(status).toBe(0)
    expect(stdout).toContain('--tim-calls-per-second CALLS')
  })

  test('a command that does not exist is wrong usage', async () => {
    const { status, stderr } = await run(carillon, ['serv'])
    expect(status).toBe(exitCodes.usage.status)
    expect(stderr).toContain('serve')
  })

  test('wrong settings are all reported, a line for each, and nothing is made', async () => {
    const env = { CARILLON_PROT: '1', CARILLON_LOG: 'loud', CARILLON_DATA: './never' }
    const { status, stdout, stderr } = await run(carillon, ['serve', '--port', 'x'], env)
    expect(status).toBe(exitCodes.configuration.status)
    expect(stdout).toBe('')
    expect(stderr.trim().split('\n')).toEqual([
      'carillon: CARILLON_PROT is not a setting; did you mean CARILLON_PORT?',
      'carillon: --port: expected a whole number from 0 to 65535, but "x" came',
      'carillon: CARILLON_LOG: expected trace, debug, info, warn, error, fatal or silent, but "loud" came',
    ])
    expect(readdirSync(folder)).not.toContain('never')
  })

  test.each(['20.20.2', '22.17.1'])('Node %s is too old', (version) => {
    expect(() => requireNode(version)).toThrow(
      `expected Node 22.18 or newer, but this is ${version}`,
    )
  })

  test.each(['22.18.0', '23.0.0', '26.10.0'])('Node %s will do', (version) => {
    expect(() => requireNode(version)).not.toThrow()
  })
})

describe('carillon usersig', () => {
  const env = { CARILLON_SDKAPPID: '1400000001', CARILLON_SECRET_KEY: 'a key' }
  const now = () => Math.floor(Date.now() / 1000)
  const expected = { sdkAppId: 1_400_000_001, key: 'a key' }

  test('prints a UserSig for half a year', async () => {
    const { status, stdout } = await run(carillon, ['usersig', '用户1'], env)
    expect(status).toBe(0)
    const sig = stdout.trimEnd()
    expect(verifyUserSig(sig, { ...expected, account: '用户1', nowSeconds: now() }).ok).toBe(true)
    expect(readUserSig(sig)?.expireSeconds).toBe(15_552_000)
  })

  test('takes a lifetime, and the keys that the server has generated', async () => {
    const data = join(folder, 'generated')
    const secrets = openSecrets(loadSettings({ env: { CARILLON_DATA: data } }))
    const { stdout } = await run(carillon, ['usersig', 'ann', '--expire', '60', '--data', data])
    const { sdkAppId, secretKey: key } = secrets
    const sig = stdout.trimEnd()
    const verdict = verifyUserSig(sig, { account: 'ann', sdkAppId, key, nowSeconds: now() })
    expect(verdict.ok).toBe(true)
    expect(readUserSig(sig)?.expireSeconds).toBe(60)
  })

  test('without keys it says where to get them, and makes none', async () => {
    const { status, stderr } = await run(carillon, ['usersig', 'ann', '--data', './nowhere'])
    expect(status).toBe(exitCodes.configuration.status)
    expect(stderr).toMatch(/^carillon: there are no keys in .\/nowhere: .*\n$/)
    expect(readdirSync(folder)).not.toContain('nowhere')
  })

  test.each([
    ['no id', []],
    ['an id with a line break', ['a\nb']],
    ['no lifetime', ['ann', '--expire', '0']],
    ['a lifetime in words', ['ann', '--expire', '1h']],
  ])('%s is wrong usage', async (_name, args) => {
    const { status, stdout } = await run(carillon, ['usersig', ...args], env)
    expect(status).toBe(exitCodes.usage.status)
    expect(stdout).toBe('')
  })
})

describe('the life of a server', () => {
  /** Sends the signals once the log has a line with this message. */
  const live = (how: string, message: string, ...signals: NodeJS.Signals[]) =>
    run(lifecycle, [how], {}, (all, kill) => {
      if (!all.includes(`"msg":"${message}"`)) return
      for (const signal of signals.splice(0)) kill(signal)
    })

  test.each(['SIGTERM', 'SIGINT'] as const)('%s stops it with status 0', async (signal) => {
    const { status, stdout } = await live('well', 'listening', signal)
    expect(status).toBe(0)
    expect(stdout).toContain(`"reason":"${signal}","msg":"stopping"`)
    expect(stdout).toContain('"msg":"stopped"')
  })

  test('a second signal changes nothing', async () => {
    const { status, stdout } = await live('well', 'listening', 'SIGINT', 'SIGTERM')
    expect(status).toBe(0)
    expect(stdout.match(/"msg":"stopping"/g)).toHaveLength(1)
    expect(stdout).toContain('"msg":"stopped"')
  })

  test('a signal while it starts ends it at once', async () => {
    const { status } = await live('starting', 'starting', 'SIGTERM')
    expect(status).toBe(0)
  })

  test('a stop that takes too long ends with status 70', async () => {
    const { status, stdout } = await live('stuck', 'listening', 'SIGTERM')
    expect(status).toBe(exitCodes.internal.status)
    expect(stdout).toContain('the stop took too long')
  })

  test('a stop that fails ends with status 70, and the log says why', async () => {
    const { status, stdout } = await live('failing', 'listening', 'SIGTERM')
    expect(status).toBe(exitCodes.internal.status)
    expect(stdout).toContain('the last page could not be written')
  })

  test('a fault that nobody handles ends it with status 70, and the log says where', async () => {
    const { status, stdout } = await live('throwing', 'never')
    expect(status).toBe(exitCodes.internal.status)
    expect(stdout).toMatch(/"level":"fatal".*a promise of nobody.*lifecycle\.ts/)
  })

  test('a start that its operator can help is a line without a stack', async () => {
    const { status, stderr } = await live('folder in use', 'never')
    expect(status).toBe(exitCodes.cannotCreate.status)
    expect(stderr).toBe('carillon: another server uses ./data\n')
  })

  test('a start that only we can help shows its stack', async () => {
    const { status, stderr } = await live('broken', 'never')
    expect(status).toBe(exitCodes.internal.status)
    expect(stderr).toMatch(/^carillon: Error: nobody expected this\n\s+at /)
  })
})

describe('the calls that a start offers', () => {
  const secrets = { sdkAppId: 1_400_000_001, secretKey: 'a key', apiKey: 'the API key' }
  const nowSeconds = 1_700_000_000.7
  const url = 'http://127.0.0.1:3100'

  test('are signed by the first administrator', () => {
    const text = firstCalls({ url, settings: { admins: ["o'neil", 'b'] }, secrets, nowSeconds })
    const queries = [...text.matchAll(/curl '[^?]+\?([^\n]+)' \\\n/g)].map(
      (match) => new URLSearchParams(match[1]!.replaceAll("'\\''", "'")),
    )
    expect(queries).toHaveLength(2)
    for (const query of queries) {
      expect(query.get('identifier')).toBe("o'neil")
      const verdict = verifyUserSig(query.get('usersig')!, {
        account: "o'neil",
        sdkAppId: 1_400_000_001,
        key: 'a key',
        nowSeconds: 1_700_000_000,
      })
      expect(verdict).toEqual({ ok: true, issuedAtSeconds: 1_700_000_000 })
    }
    expect(text).toContain(`curl '${url}/v4/im_open_login_svc/multiaccount_import?`)
    expect(text).toContain(`curl '${url}/v4/openim/batchsendmsg?`)
  })

  test('bring the API key where that is what a door asks for', () => {
    const text = firstCalls({ url, settings: { admins: [] }, secrets, nowSeconds })
    expect(text).not.toContain('/v4/')
    expect(text.match(/-H 'IM-API-KEY: the API key'/g)).toHaveLength(2)
    expect(text).toContain(`curl '${url}/messages/batch' \\\n`)
  })
})
