import { randomBytes, randomInt } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { ExitError } from './lib/exit-codes.ts'
import type { Settings } from './settings.ts'
import { settingsTable } from './settings-table.ts'

/** What opens the doors. Given by settings, or generated at the first start and kept. */
export interface Secrets {
  sdkAppId: number
  secretKey: string
  apiKey: string
  clientKey: string
  jwtSecret: string
}

export type SecretSettings = Pick<Settings, keyof Secrets | 'data' | 'store'>

const SECRETS_FILE = 'secrets.json'

/**
 * The secrets of a server that starts. Those that are neither given nor kept
 * are generated, and are on disk before anybody can be told them.
 */
export function openSecrets(settings: SecretSettings): Secrets {
  const given = givenSecrets(settings)
  if (settings.store === 'memory') return { ...generate(), ...given }

  const path = secretsPath(settings)
  const kept = read(path)
  const have = { ...kept?.secrets, ...given }
  if (isComplete(have)) return have

  const missing = without(generate(), have)
  const content = { ...kept?.content, ...missing }
  makeFolder(resolve(settings.data))
  const written = write(path, content, kept !== undefined)
  // Another start was quicker: its secrets count.
  return written ? ({ ...missing, ...have } as Secrets) : openSecrets(settings)
}

/** The secrets that are known without generating any: for commands beside a server. */
export function knownSecrets(settings: SecretSettings): Partial<Secrets> {
  const given = givenSecrets(settings)
  if (settings.store === 'memory' || isComplete(given)) return given
  return { ...read(secretsPath(settings))?.secrets, ...given }
}

const secretNames = ['sdkAppId', 'secretKey', 'apiKey', 'clientKey', 'jwtSecret'] as const

function secretsPath(settings: SecretSettings): string {
  return join(resolve(settings.data), SECRETS_FILE)
}

function givenSecrets(settings: SecretSettings): Partial<Secrets> {
  return Object.fromEntries(
    secretNames.map((name) => [name, settings[name]]).filter(([, value]) => value !== null),
  )
}

function isComplete(secrets: Partial<Secrets>): secrets is Secrets {
  return secretNames.every((name) => secrets[name] !== undefined)
}

function without(secrets: Secrets, have: Partial<Secrets>): Partial<Secrets> {
  return Object.fromEntries(
    Object.entries(secrets).filter(([name]) => have[name as keyof Secrets] === undefined),
  )
}

/** Of the shapes that clients expect: an app id of ten digits, a key of 64 hex characters. */
function generate(): Secrets {
  const urlSafe = () => randomBytes(32).toString('base64url')
  return {
    sdkAppId: randomInt(1_400_000_000, 1_500_000_000),
    secretKey: randomBytes(32).toString('hex'),
    apiKey: urlSafe(),
    clientKey: urlSafe(),
    jwtSecret: urlSafe(),
  }
}

interface Kept {
  secrets: Partial<Secrets>
  /** All that the file holds, so that writing it again loses nothing. */
  content: Record<string, unknown>
}

function read(path: string): Kept | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw unusable(path, `cannot be read: ${(error as Error).message}`, error)
  }
  const content = parseObject(text)
  if (content === undefined) throw unusable(path, 'is damaged: expected a JSON object')
  const secrets: Record<string, unknown> = {}
  for (const name of secretNames) {
    const value = content[name]
    if (value === undefined) continue
    const { kind } = settingsTable[name]
    // The value itself is not repeated in the message.
    if (
      typeof value !== (name === 'sdkAppId' ? 'number' : 'string') ||
      kind.parse(`${value}`) !== value
    ) {
      throw unusable(path, `is damaged: expected ${name} to be ${kind.expected}`)
    }
    secrets[name] = value
  }
  return { secrets, content }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function unusable(path: string, what: string, cause?: unknown): ExitError {
  const advice = 'put back a copy, or move it away to have new secrets generated'
  return new ExitError('configuration', `the file of secrets ${path} ${what}; ${advice}`, cause)
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    const why = (error as Error).message
    throw new ExitError(
      'cannotCreate',
      `the data folder ${folder} cannot be created: ${why}`,
      error,
    )
  }
}

/**
 * Writes the file whole or not at all, readable by its owner alone. A first
 * file is never put over another's: then nothing is written and false returned.
 */
function write(path: string, content: object, replace: boolean): boolean {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true })
    if (!replace && !linkNew(temporary, path)) return false
    if (replace) renameSync(temporary, path)
    syncFolder(resolve(path, '..'))
    return true
  } catch (error) {
    const why = (error as Error).message
    throw new ExitError('cannotCreate', `the file of secrets cannot be written: ${why}`, error)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Unlike a rename, a link fails when there is a file already. */
function linkNew(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // Not every file system has links.
    renameSync(temporary, path)
  }
  return true
}

/** The name of a new file is durable when its folder is. Windows has no such call and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
