import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ExitError } from '../../src/lib/exit-codes.ts'
import { knownSecrets, openSecrets } from '../../src/secrets.ts'
import { loadSettings } from '../../src/settings.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const settings = (env: Record<string, string> = {}) =>
  loadSettings({ env: { CARILLON_DATA: join(folder, 'data'), ...env } })
const file = () => join(folder, 'data/secrets.json')

test('what is not given is generated in the shape that clients expect, and used again', () => {
  const secrets = openSecrets(settings())
  expect(secrets.sdkAppId).toBeGreaterThanOrEqual(1_400_000_000)
  expect(secrets.sdkAppId).toBeLessThan(1_500_000_000)
  expect(secrets.secretKey).toMatch(/^[0-9a-f]{64}$/)
  for (const key of [secrets.apiKey, secrets.clientKey, secrets.jwtSecret]) {
    expect(key).toMatch(/^[\w-]{43}$/)
  }
  expect(openSecrets(settings())).toEqual(secrets)
  expect(knownSecrets(settings())).toEqual(secrets)
})

test('the file is readable by its owner alone, and nothing else is left beside it', () => {
  openSecrets(settings())
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(folder, 'data'))).toEqual(['secrets.json'])
})

test('first starts at the same moment agree', async () => {
  const script = `
    import { openSecrets } from '${join(import.meta.dirname, '../../src/secrets.ts')}'
    import { loadSettings } from '${join(import.meta.dirname, '../../src/settings.ts')}'
    process.stdout.write(JSON.stringify(openSecrets(loadSettings({ env: process.env }))))
  `
  const run = () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      env: { CARILLON_DATA: join(folder, 'data') },
    })
  const all = await Promise.all([run(), run(), run(), run()])
  expect(new Set(all.map(({ stdout }) => stdout))).toEqual(
    new Set([JSON.stringify(openSecrets(settings()))]),
  )
})

test('a given secret counts and is not written down; the others are', () => {
  const secrets = openSecrets(settings({ CARILLON_SECRET_KEY: 'mine' }))
  expect(secrets.secretKey).toBe('mine')
  expect(readFileSync(file(), 'utf8')).not.toContain('mine')

  const later = openSecrets(settings())
  expect(later).toEqual({ ...secrets, secretKey: later.secretKey })
  expect(later.secretKey).not.toBe('mine')
  expect(openSecrets(settings())).toEqual(later)
})

test('all given: nothing is written, and no file is needed', () => {
  const env = {
    CARILLON_SDKAPPID: '1400000001',
    CARILLON_SECRET_KEY: 'a',
    CARILLON_API_KEY: 'b',
    CARILLON_CLIENT_KEY: 'c',
    CARILLON_JWT_SECRET: 'd',
  }
  expect(openSecrets(settings(env))).toEqual({
    sdkAppId: 1_400_000_001,
    secretKey: 'a',
    apiKey: 'b',
    clientKey: 'c',
    jwtSecret: 'd',
  })
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test('with the memory store nothing is written', () => {
  const secrets = openSecrets(settings({ CARILLON_STORE: 'memory', CARILLON_API_KEY: 'b' }))
  expect(secrets.apiKey).toBe('b')
  expect(secrets.secretKey).toHaveLength(64)
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test('only a server generates: other commands know what is there', () => {
  expect(knownSecrets(settings({ CARILLON_API_KEY: 'b' }))).toEqual({ apiKey: 'b' })
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test.each([
  ['empty', ''],
  ['cut off', '{ "sdkAppId": 14000'],
  ['a list', '[]'],
  ['of a wrong app id', '{ "sdkAppId": "1400000000" }'],
  ['of an empty key', '{ "secretKey": "" }'],
  ['of a key with a line break', '{ "apiKey": "hunter\\n2" }'],
])('a file that is %s stops the start and is not overwritten', (_name, text) => {
  openSecrets(settings())
  writeFileSync(file(), text)
  const problem = thrown(() => openSecrets(settings()))
  expect(problem.status).toBe(78)
  expect(problem.message).toContain(`the file of secrets ${file()} is damaged`)
  expect(problem.message).not.toContain('hunter')
  expect(readFileSync(file(), 'utf8')).toBe(text)
})

test('a file that cannot be read stops the start and is not overwritten', () => {
  openSecrets(settings())
  rmSync(file())
  // A folder in its place cannot be read by anybody, not even by root.
  const path = join(folder, 'data/secrets.json/inside')
  openSecrets(settings({ CARILLON_DATA: path }))
  const problem = thrown(() => openSecrets(settings()))
  expect(problem.status).toBe(78)
  expect(problem.message).toContain('cannot be read')
  expect(existsSync(join(path, 'secrets.json'))).toBe(true)
})

test('fields that others keep in the file survive', () => {
  openSecrets(settings({ CARILLON_API_KEY: 'b' }))
  const content = JSON.parse(readFileSync(file(), 'utf8'))
  writeFileSync(file(), JSON.stringify({ ...content, note: 'kept' }))
  openSecrets(settings())
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ ...content, note: 'kept' })
})

test('a folder that cannot be made is said in a line', () => {
  writeFileSync(join(folder, 'data'), 'a file')
  const inside = join(folder, 'data/inside')
  const problem = thrown(() => openSecrets(settings({ CARILLON_DATA: inside })))
  expect(problem.status).toBe(73)
  expect(problem.lines).toEqual([
    expect.stringContaining(`the data folder ${inside} cannot be created: ENOTDIR`),
  ])
})

function thrown(act: () => unknown): ExitError {
  try {
    act()
  } catch (error) {
    if (error instanceof ExitError) return error
    throw error
  }
  throw new Error('expected an ExitError, but nothing was thrown')
}
