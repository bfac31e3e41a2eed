import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { pages } from '../../../scripts/docs-pages.ts'
import { ExitError } from '../../src/lib/exit-codes.ts'
import { editDistance } from '../../src/lib/nearest.ts'
import { flagOf, loadSettings, rows, type Settings } from '../../src/settings.ts'
import { settingsHelp } from '../../src/settings-manual.ts'
import { type SettingRow, settingsTable } from '../../src/settings-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'carillon-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

function settingsFile(text: string): string {
  const path = join(folder, 'live.env')
  writeFileSync(path, text)
  return path
}

/** The lines that a start with these settings ends with. */
function problems(env: Record<string, string>, args: readonly string[] = []): readonly string[] {
  try {
    loadSettings({ env, args })
    return []
  } catch (error) {
    if (error instanceof ExitError && error.status === 78) return error.lines
    throw error
  }
}

test('the defaults are those of the design', () => {
  expect(loadSettings({ env: {} })).toEqual({
    host: '127.0.0.1',
    port: 3100,
    data: './data',
    store: 'embedded',
    sdkAppId: null,
    secretKey: null,
    admins: ['administrator'],
    apiKey: null,
    clientKey: null,
    jwtSecret: null,
    tlsCert: null,
    tlsKey: null,
    log: 'info',
    settingsFile: null,
    timCallsPerSecond: 200,
    timRecipientsPerMinute: 0,
    timMessageBytes: 8192,
    timRoamingDays: 7,
    imkitCallsPerMinute: 0,
    batchEntriesMax: 5000,
    bodyBytesMax: 4194304,
    appName: 'Carillon',
    adminClient: 'admin',
    corsOrigins: ['*'],
    platformApiSources: [],
    tokenExpirationDays: 7,
    singleToken: false,
    sandbox: false,
    imkitMessageBytes: 65536,
    strictReceivers: false,
    retentionDays: 0,
    diskReserveMb: 256,
    outboxBytes: 1048576,
    resumeMax: 1000,
    deliveryWindowMs: 0,
    timAllowedIps: [],
    timDisabledCommands: [],
    timAppEnabled: true,
    blockedAccounts: [],
    timAppCallsPerSecond: 0,
    timFailedSignaturesPerMinute: 0,
    timLenientPushInfo: false,
    timUnreadMax: 100,
    timConversationsMax: 100,
    accountsMax: 0,
    connectionsMax: 100000,
    socketConnectionLimit: 100000,
    socketAuthSeconds: 30,
    socketPingInterval: 25000,
    pingSeconds: 25,
    checkpointEntries: 8000000,
    segmentBytes: 67108864,
    pushLifetimeHours: 24,
    pushTimeoutSeconds: 10,
    pushWithdraw: false,
    pushPrint: false,
    pushCaFile: null,
    apnsKeyFile: null,
    apnsKeyId: null,
    apnsTeamId: null,
    apnsTopic: null,
    apnsOrigin: 'https://api.push.apple.com',
    apnsPerSecond: 0,
    fcmServiceAccountFile: null,
    fcmOrigin: 'https://fcm.googleapis.com',
    fcmPerSecond: 0,
    webPushPublicKey: null,
    webPushPrivateKey: null,
    webPushSubject: null,
    webPushPrivateAddresses: false,
    webPushPerSecond: 0,
    imkitPushHook: null,
    imkitPushGenericHook: null,
    imkitPushHooksPerSecond: 0,
    imkitPushCustomFcmPayloadHook: null,
  } satisfies Settings)
})

test('the result and its lists are frozen', () => {
  const settings = loadSettings({ env: { CARILLON_BLOCKED_ACCOUNTS: 'a' } })
  expect(Object.isFrozen(settings)).toBe(true)
  expect(Object.isFrozen(settings.admins)).toBe(true)
  expect(Object.isFrozen(settings.blockedAccounts)).toBe(true)
})

describe('the table', () => {
  test('calls a setting the same in code and in the environment', () => {
    for (const [key, { name }] of Object.entries<SettingRow>(settingsTable)) {
      expect(name.replaceAll('_', '').toLowerCase()).toBe(`carillon${key.toLowerCase()}`)
    }
  })

  test('has defaults that could have been given', () => {
    for (const { name, kind, default: value } of rows) {
      if (value === null || String(value) === '') continue
      expect(kind.parse(String(value)), name).toEqual(value)
    }
  })

  test('is all in the help, with the defaults', () => {
    const help = settingsHelp()
    for (const { name, meaning } of rows) {
      expect(help).toContain(`${flagOf(name)} `)
      expect(help).toContain(meaning)
    }
    expect(help).toContain('(default: 3100)')
  })
})

describe('where a setting comes from', () => {
  const env = { CARILLON_SETTINGS_FILE: '', CARILLON_PORT: '2', CARILLON_HOST: 'two.example' }

  test('a flag overrides the environment, which overrides the file', () => {
    const path = settingsFile('CARILLON_PORT=1\nCARILLON_HOST=one.example\nCARILLON_LOG=warn\n')
    const args = ['--port', '3']
    const settings = loadSettings({ env: { ...env, CARILLON_SETTINGS_FILE: path }, args })
    expect(settings).toMatchObject({ port: 3, host: 'two.example', log: 'warn' })
  })

  test('the file can be named by a flag', () => {
    const path = settingsFile('CARILLON_PORT=1\n')
    expect(loadSettings({ env: {}, args: ['--settings-file', path] }).port).toBe(1)
  })

  test('the file may have comments, space, quotes and Windows line ends', () => {
    const text =
      '\uFEFF# a comment\r\n\r\n  CARILLON_PORT = 1 \r\nCARILLON_SECRET_KEY="a = #b"\r\n # another'
    const settings = loadSettings({ env: { CARILLON_SETTINGS_FILE: settingsFile(text) } })
    expect(settings).toMatchObject({ port: 1, secretKey: 'a = #b' })
  })

  test('what is wrong in the file is said with its line', () => {
    const path = settingsFile(
      'CARILLON_PORT=x\nport 3\nCARILLON_PROT=1\nCARILLON_LOG=info\nCARILLON_LOG=warn\nCARILLON_SETTINGS_FILE=b\n',
    )
    expect(problems({ CARILLON_SETTINGS_FILE: path })).toEqual([
      'live.env line 2: expected NAME=VALUE or a # comment',
      'live.env line 3: CARILLON_PROT is not a setting; did you mean CARILLON_PORT?',
      'live.env line 5: CARILLON_LOG is given a second time',
      'live.env line 6: a settings file cannot name another one',
      'live.env line 1: CARILLON_PORT: expected a whole number from 0 to 65535, but "x" came',
    ])
  })

  test('a file that is not there is an error', () => {
    expect(problems({}, ['--settings-file', join(folder, 'nowhere')])).toEqual([
      expect.stringMatching(/^--settings-file: the settings file cannot be read: ENOENT/),
    ])
  })

  test('flags may hold their value or stand before it, and a switch may stand alone', () => {
    const args = ['--strict-receivers', '--port=5', '--tim-app-enabled', 'no', '--admins', 'a, b,a']
    expect(loadSettings({ env: {}, args })).toMatchObject({
      strictReceivers: true,
      port: 5,
      timAppEnabled: false,
      admins: ['a', 'b'],
    })
  })

  test('an empty value stands for the default', () => {
    const args = ['--host=']
    expect(loadSettings({ env: { CARILLON_PORT: '', CARILLON_HOST: '::' }, args })).toMatchObject({
      port: 3100,
      host: '127.0.0.1',
    })
  })
})

describe('names that are not settings', () => {
  test.each([
    ['CARILLON_PROT', 'CARILLON_PORT'],
    ['CARILLON_TIM_CALLS_PER_SECONDS', 'CARILLON_TIM_CALLS_PER_SECOND'],
    ['CARILLON_SDK_APP_ID', 'CARILLON_SDKAPPID'],
    ['CARILLON_ADMIN', 'CARILLON_ADMINS'],
  ])('%s suggests %s', (wrong, right) => {
    expect(problems({ [wrong]: '1' })).toEqual([
      `${wrong} is not a setting; did you mean ${right}?`,
    ])
    expect(problems({}, [flagOf(wrong), '1'])).toEqual([
      `${flagOf(wrong)} is not a setting; did you mean ${flagOf(right)}?`,
    ])
  })

  test('one that resembles none suggests where to look', () => {
    expect(problems({ CARILLON_XYZZY_PLUGH: '1' })).toEqual([
      'CARILLON_XYZZY_PLUGH is not a setting; carillon serve --help lists all',
    ])
  })

  test('other programs keep theirs', () => {
    expect(problems({ PATH: '/bin', CARILLONS: '1', PORT: 'x' })).toEqual([])
  })

  test('an argument that is no flag is an error', () => {
    expect(problems({}, ['--port', '1', 'start'])).toEqual([
      'expected flags such as --port, but argument 3 is none',
    ])
  })
})

describe('bad values', () => {
  const expectedNumber = (max: number, unit = '') =>
    `expected a whole number${unit && ` of ${unit}`} from 0 to ${max}`

  test.each([
    ['CARILLON_PORT', '65536', expectedNumber(65535)],
    ['CARILLON_PORT', '-1', expectedNumber(65535)],
    ['CARILLON_PORT', '1e3', expectedNumber(65535)],
    ['CARILLON_RETENTION_DAYS', '30', 'expected 0, which keeps messages for ever'],
    ['CARILLON_STRICT_RECEIVERS', 'maybe', 'expected true or false (1 or 0, yes or no)'],
    ['CARILLON_LOG', 'loud', 'expected trace, debug, info, warn, error, fatal or silent'],
    ['CARILLON_STORE', 'memroy', 'expected memory or embedded; PostgreSQL comes later'],
    ['CARILLON_HOST', 'http://a', 'expected an IP address or a host name'],
    ['CARILLON_ADMINS', 'a'.repeat(129), 'expected a comma list, each item an account id'],
    ['CARILLON_ADMIN_CLIENT', 'a\tb', 'expected an account id'],
    ['CARILLON_TIM_ALLOWED_IPS', '10.0.0.0/33', 'expected a comma list, each item an IP address'],
    ['CARILLON_TIM_ALLOWED_IPS', 'example.com', 'expected a comma list, each item an IP address'],
    ['CARILLON_TIM_DISABLED_COMMANDS', 'sendmsg', 'expected a comma list, each item a TIM command'],
    ['CARILLON_APNS_ORIGIN', 'http://a.example', 'expected an https origin'],
    ['CARILLON_FCM_ORIGIN', 'https://a.example/v1', 'expected an https origin'],
    ['CARILLON_IMKIT_PUSH_HOOK', 'file:///etc', 'expected a URL that begins with https://'],
    ['CARILLON_WEB_PUSH_SUBJECT', 'me', 'expected mailto: and an address, or an https URL'],
  ])('%s=%s is refused by name, with what was expected', (name, value, expected) => {
    const [line, ...more] = problems({ [name]: value })
    expect(line).toMatch(new RegExp(`^${name}: .*, but ".*" came$`))
    expect(line).toContain(expected)
    expect(more).toEqual([])
  })

  test.each([
    ['CARILLON_TIM_ALLOWED_IPS', '10.0.0.0/8, 192.168.1.7,2001:db8::/32'],
    ['CARILLON_TIM_DISABLED_COMMANDS', 'openim/batchsendmsg,all_member_push/im_push'],
    ['CARILLON_ADMINS', '用户1,x y'],
    ['CARILLON_STRICT_RECEIVERS', 'YES'],
    ['CARILLON_HOST', '::1'],
  ])('%s=%s is taken', (name, value) => {
    expect(problems({ [name]: value })).toEqual([])
  })

  test('a flag without its value is an error', () => {
    expect(problems({}, ['--port', '--log', 'warn'])).toEqual([
      '--port: expected a whole number from 0 to 65535, but nothing came',
    ])
  })

  test('a certificate needs its key, and the other way round', () => {
    expect(problems({ CARILLON_TLS_CERT: 'a' })).toEqual([
      'CARILLON_TLS_CERT needs CARILLON_TLS_KEY beside it',
    ])
    expect(problems({ CARILLON_TLS_KEY: 'a' })).toEqual([
      'CARILLON_TLS_KEY needs CARILLON_TLS_CERT beside it',
    ])
  })

  test('what belongs to one provider is needed whole', () => {
    expect(problems({ CARILLON_APNS_TEAM_ID: 'a' })).toEqual([
      'CARILLON_APNS_TEAM_ID needs CARILLON_APNS_KEY_FILE beside it',
      'CARILLON_APNS_TEAM_ID needs CARILLON_APNS_KEY_ID beside it',
      'CARILLON_APNS_TEAM_ID needs CARILLON_APNS_TOPIC beside it',
    ])
    expect(
      problems({ CARILLON_WEB_PUSH_PUBLIC_KEY: 'a', CARILLON_WEB_PUSH_SUBJECT: 'mailto:a@b' }),
    ).toEqual(['CARILLON_WEB_PUSH_PUBLIC_KEY needs CARILLON_WEB_PUSH_PRIVATE_KEY beside it'])
  })

  test('a hook that words messages of FCM needs FCM, which does without it', () => {
    const hook = { CARILLON_IMKIT_PUSH_CUSTOM_FCM_PAYLOAD_HOOK: 'http://hook.example/' }
    expect(problems(hook)).toEqual([
      'CARILLON_IMKIT_PUSH_CUSTOM_FCM_PAYLOAD_HOOK needs CARILLON_FCM_SERVICE_ACCOUNT_FILE beside it',
    ])
    const file = { CARILLON_FCM_SERVICE_ACCOUNT_FILE: 'a' }
    expect(problems({ ...hook, ...file })).toEqual([])
    expect(problems(file)).toEqual([])
  })

  test('all of them are reported together', () => {
    const env = { CARILLON_PORT: 'x', CARILLON_LOG: 'y', CARILLON_NOPE_NOPE: '1' }
    expect(problems(env, ['--resume-max', '0'])).toHaveLength(4)
  })

  test('a secret is never repeated, wherever it was given', () => {
    const secret = 'hunter2\u0001'
    const path = settingsFile(`CARILLON_API_KEY=${secret}\n${secret}\n`)
    const said = problems(
      {
        CARILLON_SETTINGS_FILE: path,
        CARILLON_SECRET_KEY: secret,
        CARILLON_SECERT_KEY: secret,
        CARILLON_STORE: `postgres://carillon:${secret}@db/carillon`,
      },
      ['--jwt-secret', secret, `--client-kee=${secret}`, secret],
    )
    expect(said).toHaveLength(8)
    expect(said.join('\n')).not.toContain('hunter2')
    expect(said).toContainEqual(
      'CARILLON_STORE: expected memory or embedded; PostgreSQL comes later, but "postgres://…" came',
    )
  })
})

test('the edit distance counts swapped neighbours as one slip, and is symmetric', () => {
  expect(editDistance('port', 'prot')).toBe(1)
  expect(editDistance('', 'abc')).toBe(3)
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, b) === 0).toBe(a === b)
    }),
  )
})

test.each(Object.entries(pages))('%s is what npm run docs writes', (path, render) => {
  expect(readFileSync(resolve(import.meta.dirname, '../../..', path), 'utf8')).toBe(render())
})
