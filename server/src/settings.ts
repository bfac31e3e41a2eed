import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ExitError } from './lib/exit-codes.ts'
import { nearest } from './lib/nearest.ts'
import type { ValueOf } from './settings-kinds.ts'
import { type SettingRow, settingsTable } from './settings-table.ts'

type Table = typeof settingsTable

/** The settings of one start, frozen. `null` where none was given and the table has no default. */
export type Settings = {
  readonly [Key in keyof Table]:
    | ValueOf<Table[Key]['kind']>
    | (Table[Key]['default'] extends null ? null : never)
}

export interface SettingsSource {
  env: Readonly<Record<string, string | undefined>>
  /** Flags as they stand on the command line: `--port 3100`, `--port=3100`. */
  args?: readonly string[]
}

export const rows: readonly SettingRow[] = Object.values(settingsTable)

/** `CARILLON_TIM_CALLS_PER_SECOND` → `--tim-calls-per-second` */
export function flagOf(name: string): string {
  return `--${name.slice('CARILLON_'.length).toLowerCase().replaceAll('_', '-')}`
}

/**
 * Reads the settings: a flag overrides the environment, which overrides the
 * settings file. Everything that is wrong is thrown at once, a line for each.
 */
export function loadSettings({ env, args = [] }: SettingsSource): Settings {
  const problems: string[] = []
  const flags = readFlags(args, problems)
  const environment = readEnvironment(env, problems)
  const file = readFile(flags.get(FILE) ?? environment.get(FILE), problems)

  const settings: Record<string, unknown> = {}
  for (const [key, row] of Object.entries<SettingRow>(settingsTable)) {
    const given = flags.get(row.name) ?? environment.get(row.name) ?? file.get(row.name)
    settings[key] = Object.freeze(given ? readValue(row, given, problems) : row.default)
  }
  checkTogether(settings as Settings, problems)

  if (problems.length > 0) throw new ExitError('configuration', problems)
  return Object.freeze(settings) as Settings
}

const FILE = settingsTable.settingsFile.name

/** A setting as somebody wrote it. */
interface Given {
  text: string
  /** Where, as an error begins: `--port`, `CARILLON_PORT`, `live.env line 3: CARILLON_PORT`. */
  where: string
}

type AllGiven = Map<string, Given>

const names: ReadonlySet<string> = new Set(rows.map((row) => row.name))
const rowByFlag: ReadonlyMap<string, SettingRow> = new Map(
  rows.map((row) => [flagOf(row.name), row]),
)

function readFlags(args: readonly string[], problems: string[]): AllGiven {
  const given: AllGiven = new Map()
  for (let at = 0; at < args.length; at++) {
    const [, flag, inline] = /^(--[^=]+)(?:=(.*))?$/s.exec(args[at]!) ?? []
    const row = flag === undefined ? undefined : rowByFlag.get(flag)
    const next = args[at + 1]
    const nextIsValue = next !== undefined && !next.startsWith('--')
    if (flag === undefined) {
      problems.push(`expected flags such as --port, but argument ${at + 1} is none`)
    } else if (!row) {
      problems.push(`${flag} is not a setting${suggestion(flag, rowByFlag.keys())}`)
      if (inline === undefined && nextIsValue) at++
    } else if (inline !== undefined) {
      given.set(row.name, { text: inline, where: flag })
    } else if (nextIsValue && !(isSwitch(row) && row.kind.parse(next) === undefined)) {
      given.set(row.name, { text: next, where: flag })
      at++
    } else if (isSwitch(row)) {
      given.set(row.name, { text: 'true', where: flag })
    } else {
      problems.push(`${flag}: expected ${row.kind.expected}, but nothing came`)
    }
  }
  return given
}

/** A flag of yes or no may stand alone. */
function isSwitch(row: SettingRow): boolean {
  return typeof row.default === 'boolean'
}

function readEnvironment(env: SettingsSource['env'], problems: string[]): AllGiven {
  const given: AllGiven = new Map()
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('CARILLON_') || text === undefined) continue
    if (names.has(name)) given.set(name, { text, where: name })
    else problems.push(`${name} is not a setting${suggestion(name, names)}`)
  }
  return given
}

function readFile(path: Given | undefined, problems: string[]): AllGiven {
  const given: AllGiven = new Map()
  if (path === undefined || path.text.trim() === '') return given
  const name = basename(path.text.trim())
  for (const [at, line] of linesOf(path, problems).entries()) {
    const where = `${name} line ${at + 1}`
    const [, key, value] = /^\s*([A-Za-z0-9_]+)\s*=(.*)$/.exec(line) ?? []
    if (/^\s*(#|$)/.test(line)) continue
    // The line itself is not repeated: it may hold a secret.
    if (key === undefined || value === undefined) {
      problems.push(`${where}: expected NAME=VALUE or a # comment`)
    } else if (!names.has(key)) {
      problems.push(`${where}: ${key} is not a setting${suggestion(key, names)}`)
    } else if (key === FILE) {
      problems.push(`${where}: a settings file cannot name another one`)
    } else if (given.has(key)) {
      problems.push(`${where}: ${key} is given a second time`)
    } else {
      given.set(key, { text: unquoted(value.trim()), where: `${where}: ${key}` })
    }
  }
  return given
}

function linesOf(path: Given, problems: string[]): string[] {
  try {
    return readFileSync(path.text.trim(), 'utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
  } catch (error) {
    problems.push(`${path.where}: the settings file cannot be read: ${(error as Error).message}`)
    return []
  }
}

/** Quotes around a whole value are taken off, as a shell would. */
function unquoted(text: string): string {
  return /^(["']).*\1$/.test(text) && text.length > 1 ? text.slice(1, -1) : text
}

/** An empty text stands for the default: that is what an unset variable looks like in many tools. */
function readValue(row: SettingRow, given: Given, problems: string[]): unknown {
  const text = given.text.trim()
  if (text === '') return row.default
  const value = row.kind.parse(text)
  if (value !== undefined) return value
  problems.push(`${given.where}: expected ${row.kind.expected}, but ${shown(row, text)} came`)
  return row.default
}

/** The value that came, short, and without what nobody else should read. */
function shown(row: SettingRow, text: string): string {
  if (row.secret) return 'something else'
  // The rest of a URL may hold a password.
  const visible = text.replace(/:\/\/.*$/s, '://…')
  return JSON.stringify(visible.length > 60 ? `${visible.slice(0, 60)}…` : visible)
}

/** Settings that mean something only together. */
const together: readonly (readonly (keyof Table)[])[] = [
  ['tlsCert', 'tlsKey'],
  ['apnsKeyFile', 'apnsKeyId', 'apnsTeamId', 'apnsTopic'],
  ['webPushPublicKey', 'webPushPrivateKey', 'webPushSubject'],
]

/** Settings that mean nothing without another one, which does without them. */
const dependent: readonly (readonly [keyof Table, keyof Table])[] = [
  ['imkitPushCustomFcmPayloadHook', 'fcmServiceAccountFile'],
]

function checkTogether(settings: Settings, problems: string[]): void {
  const isGiven = (key: keyof Table) => settings[key] !== null
  const needs = together.flatMap((keys) => {
    const given = keys.find(isGiven)
    return given === undefined ? [] : keys.map((key) => [given, key] as const)
  })
  for (const [given, needed] of [...needs, ...dependent]) {
    if (!isGiven(given) || isGiven(needed)) continue
    problems.push(`${settingsTable[given].name} needs ${settingsTable[needed].name} beside it`)
  }
}

function suggestion(word: string, words: Iterable<string>): string {
  const near = nearest(word, words)
  return near === undefined ? '; carillon serve --help lists all' : `; did you mean ${near}?`
}
