import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TimSettings } from '../../src/api/tim/command.ts'
import { ADMIN, type Caller, openDoor, pathOf, SDK_APP_ID, type TestDoor, userSig } from './door.ts'

const COMMAND = 'openim/query_online_status'
const BODY = { To_Account: [ADMIN] }

let door: TestDoor
beforeAll(async () => {
  door = await openDoor({ accounts: ['ann'] })
})
afterAll(() => door[Symbol.asyncDispose]())

/** The query of a call with changes; undefined takes a parameter away. */
function path(changes: Record<string, string | undefined> = {}, command = COMMAND): string {
  const url = new URL(pathOf(command), 'http://x')
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url.pathname + url.search
}

describe('the request line', () => {
  test.each([
    ['bad percent-encoding', `${path()}&x=%zz`, 60002],
    ['a percent sign at the end', `${path()}&x=%`, 60002],
    ['percent-encoded bytes that are no UTF-8', `${path()}&x=%ff`, 60002],
    ['bad percent-encoding in the path', '/v4/openim/%q', 60002],
    ['another version', path().replace('/v4/', '/v3/'), 60009],
    ['an unknown service', '/v4/opnim/batchsendmsg', 60009],
    ['an unknown command', '/v4/openim/batchsend', 60009],
    ['a command that is not served yet', '/v4/openim/sendmsg', 60009],
    ['another case', '/v4/openim/BatchSendMsg', 60009],
    ['a command and something after it', '/v4/openim/batchsendmsg/', 60009],
    ['no command', '/v4/', 60009],
    ['what every object has', '/v4/__proto__', 60009],
    ['no sdkappid', path({ sdkappid: undefined }), 60012],
    ['an empty sdkappid', path({ sdkappid: '' }), 60012],
    ['an sdkappid that is no integer', path({ sdkappid: '14e8' }), 60006],
    ['an unknown sdkappid', path({ sdkappid: '1400000002' }), 70020],
    ['no identifier', path({ identifier: undefined }), 60004],
    ['an empty identifier', path({ identifier: '' }), 60004],
    ['no usersig', path({ usersig: undefined }), 70002],
    ['an empty usersig', path({ usersig: '' }), 70002],
    ['a usersig that is none', path({ usersig: 'xxx' }), 70003],
  ])('%s: answered with its code', async (_, url, code) => {
    const answer = await door.ask(url, BODY)
    expect(answer).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
    expect(answer.ErrorInfo).not.toBe('')
  })

  test.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused: 60008', async (method) => {
    expect(await door.ask(path(), BODY, method)).toMatchObject({ ErrorCode: 60008 })
  })

  test('parameters come in any order, percent-encoded or not', async () => {
    const url = `/v4/${COMMAND}?usersig=${userSig()}&contenttype=json&identifier=${ADMIN}&sdkappid=${SDK_APP_ID}`
    expect(await door.ask(url, BODY)).toMatchObject({ ErrorCode: 0 })
    const encoded = url.replace(userSig(), userSig().replaceAll('*', '%2A').replaceAll('-', '%2D'))
    expect(await door.ask(encoded, BODY)).toMatchObject({ ErrorCode: 0 })
  })

  test('random and contenttype may be missing, or be anything', async () => {
    const without = path({ random: undefined, contenttype: undefined })
    expect(await door.ask(without, BODY)).toMatchObject({ ErrorCode: 0 })
    const odd = path({ random: 'x', contenttype: 'xml' })
    expect(await door.ask(odd, BODY)).toMatchObject({ ErrorCode: 0 })
  })

  test('names are case-sensitive', async () => {
    const answer = await door.ask(path().replace('sdkappid', 'SdkAppId'), BODY)
    expect(answer).toMatchObject({ ErrorCode: 60012 })
  })
})

describe('the UserSig', () => {
  const signed = (caller: Caller, identifier = ADMIN) =>
    door.ask(path({ identifier, usersig: userSig(caller) }), BODY)
  const now = Math.floor(Date.now() / 1000)

  test.each<[string, Caller, number]>([
    ['of another app', { sdkAppId: 1 }, 70014],
    ['of another account', { identifier: 'ann' }, 70013],
    ['that has expired', { issuedAt: now - 100, expire: 50 }, 70001],
    ['made with another key', { key: 'other' }, 70009],
  ])('%s is refused', async (_, caller, code) => {
    // Twice: what was refused is not remembered as good.
    expect(await signed(caller)).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
    expect(await signed(caller)).toMatchObject({ ErrorCode: code })
  })

  test('faults are found in the documented order', async () => {
    const all: Caller = { sdkAppId: 1, identifier: 'ann', issuedAt: 0, expire: 1, key: 'other' }
    expect(await signed(all)).toMatchObject({ ErrorCode: 70014 })
    expect(await signed({ ...all, sdkAppId: SDK_APP_ID })).toMatchObject({ ErrorCode: 70013 })
    const mine = { ...all, sdkAppId: SDK_APP_ID, identifier: ADMIN }
    expect(await signed(mine)).toMatchObject({ ErrorCode: 70001 })
  })

  test('from the future is accepted', async () => {
    expect(await signed({ issuedAt: now + 5000 })).toMatchObject({ ErrorCode: 0 })
  })

  test('one without a key to verify with is 70016', async () => {
    await using keyless = await openDoor({ secretKey: '' })
    for (const key of ['any', '']) {
      const url = path({ usersig: userSig({ key }) })
      expect(await keyless.ask(url, BODY)).toMatchObject({ ErrorCode: 70016 })
    }
  })
})

describe('the caller', () => {
  test.each([
    ['openim/batchsendmsg', 90009],
    ['openim/admin_getroammsg', 90009],
    ['openim/admin_set_msg_read', 90009],
    ['openim/get_c2c_unread_msg_num', 90009],
    ['openim/query_online_status', 90009],
    ['openim/querystate', 90009],
    ['im_open_login_svc/account_import', 70403],
    ['im_open_login_svc/multiaccount_import', 70403],
    ['im_open_login_svc/account_check', 70403],
    ['im_open_login_svc/kick', 70403],
  ])('%s is for administrators only', async (command, code) => {
    const ann = { identifier: 'ann', usersig: userSig({ identifier: 'ann' }) }
    expect(await door.ask(path(ann, command), {})).toMatchObject({ ErrorCode: code })
  })

  test.each<[string, Partial<TimSettings>, number]>([
    ['an app that is switched off', { timAppEnabled: false }, 60016],
    ['a command that is switched off', { timDisabledCommands: [COMMAND] }, 60017],
    ['an address that may not call', { timAllowedIps: ['10.0.0.0/8', '2001:db8::1'] }, 60021],
    ['a blocked administrator', { blockedAccounts: [ADMIN] }, 70051],
  ])('%s', async (_, settings, code) => {
    await using other = await openDoor({ settings })
    expect(await other.ask(path(), BODY)).toMatchObject({ ErrorCode: code })
  })

  test.each([['127.0.0.1'], ['127.0.0.0/8'], ['10.0.0.1', '127.0.0.0/30']])(
    'an address in %s may call',
    async (...timAllowedIps) => {
      await using other = await openDoor({ settings: { timAllowedIps } })
      expect(await other.ask(path(), BODY)).toMatchObject({ ErrorCode: 0 })
    },
  )
})

/**
 * Each row is wrong in one more way than the row below it, and is answered
 * with what is looked at first.
 */
test('the order of checks', async () => {
  await using strict = await openDoor({
    settings: { timAllowedIps: ['10.0.0.1'], blockedAccounts: ['ann', ADMIN] },
  })
  const ann = { identifier: 'ann', usersig: userSig({ identifier: 'ann' }) }
  const order: [string, string, number, string?][] = [
    [`/v3/x?x=%zz`, 'URL', 60002, 'GET'],
    ['/v3/x', 'method', 60008, 'GET'],
    ['/v3/x', 'command', 60009],
    [`/v4/${COMMAND}`, 'sdkappid is there', 60012],
    [`/v4/${COMMAND}?sdkappid=x`, 'sdkappid is an integer', 60006],
    [`/v4/${COMMAND}?sdkappid=7`, 'sdkappid is known', 70020],
    [`/v4/${COMMAND}?sdkappid=${SDK_APP_ID}`, 'identifier', 60004],
    [`/v4/${COMMAND}?sdkappid=${SDK_APP_ID}&identifier=ann`, 'usersig', 70002],
    [path(ann), 'address', 60021],
  ]
  for (const [url, what, code, method] of order) {
    expect(await strict.ask(url, '{', method), what).toMatchObject({ ErrorCode: code })
  }
  await using open = await openDoor({ settings: { blockedAccounts: ['ann', ADMIN] } })
  expect(await open.ask(path(ann), '{'), 'administrator').toMatchObject({ ErrorCode: 90009 })
  expect(await open.ask(path(), '{'), 'blocked').toMatchObject({ ErrorCode: 70051 })
})

describe('the answer', () => {
  test('is HTTP 200 with the envelope and the headers of the documented sample', async () => {
    for (const url of [path(), path({ usersig: 'x' }), '/v4/x/y']) {
      const response = await door.fetch(url, BODY)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-headers')).toBe('X-Requested-With')
      expect(response.headers.get('access-control-allow-methods')).toBe('POST')
      expect(Object.keys((await response.json()) as object).slice(0, 3)).toEqual([
        'ActionStatus',
        'ErrorCode',
        'ErrorInfo',
      ])
    }
  })

  test('is told to whoever counts calls', async () => {
    await using counted = await openDoor()
    await counted.ask(path(), BODY)
    await counted.ask(path({ usersig: 'x' }), BODY)
    await counted.ask('/v4/x/y', BODY)
    expect(counted.calls).toEqual([
      { command: COMMAND, code: 0 },
      { command: COMMAND, code: 70003 },
      { command: 'unknown', code: 60009 },
    ])
  })
})
