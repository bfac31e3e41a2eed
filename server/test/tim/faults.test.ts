/** What happens when something behind the door fails. */
import { describe, expect, test } from 'vitest'
import { type ErrorName, errors, Fault } from '../../src/domain/errors.ts'
import type { Pipeline } from '../../src/pipeline/pipeline.ts'
import { batch, openDoor, type TestDoor } from './door.ts'

const SECRET = 'a text that nobody else may see'

/** A door with a message in it. From then on every stage of its pipeline fails. */
async function openFailingDoor(fault: () => unknown): Promise<TestDoor> {
  let stages: Partial<Pipeline> = {}
  const pipeline = (opened: Pipeline) => {
    const broken = { ...opened }
    stages = broken
    return broken
  }
  const door = await openDoor({ accounts: ['bonnie', 'rong'], pipeline })
  await door.call('openim/batchsendmsg', batch({ From_Account: 'rong' }))
  door.calls.length = 0
  const fail = () => Promise.reject(fault())
  Object.assign(stages, { accept: fail, importAccounts: fail, markRead: fail, revoke: fail })
  return door
}

const calls: [string, unknown, boolean][] = [
  ['openim/batchsendmsg', batch({ CloudCustomData: SECRET }), true],
  ['openim/admin_set_msg_read', { Report_Account: 'bonnie', Peer_Account: 'rong' }, true],
  ['im_open_login_svc/account_import', { UserID: 'dora', Nick: SECRET }, false],
  ['im_open_login_svc/multiaccount_import', { Accounts: ['dora'] }, false],
  ['im_open_login_svc/kick', { UserID: 'bonnie' }, false],
]

const expected: Record<ErrorName, [number, number]> = {
  // The code of openim, and that of the account service.
  overloaded: [60018, 60018],
  stopping: [60018, 60018],
  rateLimited: [60018, 60018],
  tooLarge: [93000, 93000],
  accountsFull: [70398, 70398],
  diskFull: [91000, 70500],
  damaged: [91000, 70500],
  internal: [91000, 70500],
  unknownAccount: [91000, 70500],
  unknownConversation: [91000, 70500],
  invalidRequest: [91000, 70500],
  unauthorized: [91000, 70500],
  forbidden: [91000, 70500],
  notFound: [91000, 70500],
  methodNotAllowed: [91000, 70500],
  invalidCursor: [91000, 70500],
  keyReused: [91000, 70500],
  tokenTaken: [91000, 70500],
}

describe.each(Object.keys(errors) as ErrorName[])('the fault %s', (kind) => {
  test('has a code in both services', async () => {
    await using door = await openFailingDoor(() => new Fault(kind, `why ${kind}`))
    for (const [command, body, isOpenim] of calls) {
      const answer = await door.call(command, body)
      const code = expected[kind][isOpenim ? 0 : 1]
      expect(answer, command).toMatchObject({ ActionStatus: 'FAIL', ErrorCode: code })
      expect(answer.ErrorInfo).not.toBe('')
    }
    const isLogged = kind === 'internal' || kind === 'damaged'
    expect(door.logged).toHaveLength(isLogged ? calls.length : 0)
    expect(door.calls.map(({ code }) => code)).not.toContain(0)
  })
})

test('what nobody expected is an internal error, and logged without the body', async () => {
  await using door = await openFailingDoor(() => new TypeError('x is not a function'))
  for (const [command, body, isOpenim] of calls) {
    expect(await door.call(command, body), command).toEqual({
      ActionStatus: 'FAIL',
      ErrorCode: isOpenim ? 91000 : 70500,
      ErrorInfo: 'internal error',
    })
  }
  expect(door.logged).toHaveLength(calls.length)
  for (const [i, line] of door.logged.entries()) {
    expect(JSON.parse(line)).toMatchObject({ level: 'error', command: calls[i]![0] })
    expect(line).toContain('x is not a function')
    expect(line).not.toContain(SECRET)
  }
})

test('a fault of reading is an internal error too', async () => {
  await using door = await openDoor({ accounts: ['bonnie', 'rong'] })
  door.engines.journal.read = () => Promise.reject(new Fault('damaged', 'block 7'))
  await door.call('openim/batchsendmsg', batch({ From_Account: 'rong', To_Account: ['bonnie'] }))
  const pair = { Operator_Account: 'bonnie', Peer_Account: 'rong' }
  const span = { MaxCnt: 9, MinTime: 0, MaxTime: 4294967295 }
  expect(await door.call('openim/admin_getroammsg', { ...pair, ...span })).toMatchObject({
    ErrorCode: 91000,
  })
})
