import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** Rooms, longest path first where they nest, and the rooms that each may import beside itself. */
const rooms: Record<string, readonly string[]> = {
  wire: [],
  client: ['wire'],
  'server/src/domain': [],
  'server/src/lib': [],
  'server/src/template': ['server/src/domain', 'server/src/lib'],
  'server/src/engines/conformance': ['server/src/domain', 'server/src/engines'],
  'server/src/engines/memory': ['server/src/domain', 'server/src/lib', 'server/src/engines'],
  'server/src/engines/embedded': ['server/src/domain', 'server/src/lib', 'server/src/engines'],
  'server/src/engines': ['server/src/domain'],
  'server/src/access': ['server/src/domain', 'server/src/lib'],
  'server/src/pushers/pace': ['server/src/lib', 'server/src/pushers'],
  'server/src/pushers': ['server/src/domain', 'server/src/lib'],
  'server/src/pipeline': [
    'server/src/domain',
    'server/src/lib',
    'server/src/template',
    'server/src/engines',
    'server/src/pushers/pace',
    'server/src/pushers/pause.ts',
    'server/src/pushers/pusher.ts',
    'server/src/pushers/refused.ts',
  ],
  'server/src/views': [
    'server/src/domain',
    'server/src/lib',
    'server/src/template',
    'server/src/engines',
  ],
  'server/src/gateway': [
    'server/src/domain',
    'server/src/lib',
    'wire',
    'server/src/pipeline/audience.ts',
  ],
  'server/src/api/tim': [
    'server/src/domain',
    'server/src/lib',
    'server/src/access',
    'server/src/pipeline',
    'server/src/views',
    'server/src/engines',
    'server/src/settings',
    'server/src/api/bridge',
  ],
  'server/src/api/imkit': [
    'server/src/domain',
    'server/src/lib',
    'server/src/template',
    'server/src/access',
    'server/src/pipeline',
    'server/src/views',
    'server/src/engines',
    'server/src/gateway',
    'server/src/settings',
    'server/src/api/bridge',
  ],
  'server/src/api/bridge': ['server/src/domain', 'server/src/lib'],
  'server/src/api/native': [
    'server/src/domain',
    'server/src/lib',
    'wire',
    'server/src/template',
    'server/src/access',
    'server/src/pipeline',
    'server/src/views',
    'server/src/engines',
    'server/src/gateway',
    'server/src/settings',
  ],
  'server/src/api/ops': ['server/src/lib'],
}

/** Files at the top of server/src that belong together: settings and secrets. */
const settingsFiles = /^server\/src\/(settings|secrets)[\w-]*\.ts$/

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && statSync(path).isFile())
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    (match) => match[1]!,
  )
  return specifiers.map((specifier) => relative(root, resolve(dirname(file), specifier)))
}

function roomOf(path: string): string | undefined {
  return Object.keys(rooms)
    .sort((a, b) => b.length - a.length)
    .find((room) => path.startsWith(`${room}/`))
}

function mayImport(room: string, path: string): boolean {
  if (path.startsWith(`${room}/`)) return true
  const allowed = rooms[room]!
  if (settingsFiles.test(path)) return allowed.includes('server/src/settings')
  if (allowed.includes(path)) return true
  const target = roomOf(path)
  return target !== undefined && allowed.includes(target)
}

test.each(Object.keys(rooms))('%s imports only what ARCHITECTURE.md allows', (room) => {
  const files = filesUnder(join(root, room)).filter((file) => roomOf(relative(root, file)) === room)
  const strangers = files.flatMap((file) =>
    importsOf(file)
      .filter((path) => !mayImport(room, path))
      .map((path) => `${relative(root, file)} imports ${path}`),
  )
  expect(strangers).toEqual([])
})

/** They tell people about the doors: the examples that `serve` prints, and the help of the settings. */
const guides = ['server/src/cli/first-calls.ts', 'server/src/settings-table.ts']

const doors = [
  {
    door: 'server/src/api/tim/',
    words:
      /\b(To_Account|From_Account|MsgBody|MsgRandom|MsgSeq|MsgKey|SyncOtherMachine|ActionStatus)\b/,
  },
  {
    door: 'server/src/api/imkit/',
    words: /\b(paras|messageType|roomType|skipTotalBadge|isPined|batchID|messageTimeMS)\b/,
  },
]

test.each(doors)('only $door and the bridge know its words', ({ door, words }) => {
  const strangers = filesUnder(join(root, 'server/src'))
    .filter((file) => words.test(readFileSync(file, 'utf8')))
    .map((file) => relative(root, file))
    .filter((file) => !file.startsWith(door) && !file.startsWith('server/src/api/bridge/'))
    .filter((file) => !guides.includes(file))
  expect(strangers).toEqual([])
})
