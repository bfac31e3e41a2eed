import type { Random } from '../lib/random.ts'
import { keys, timPath, userSig } from '../lib/server.ts'
import { imkitRequest } from './imkit-requests.ts'
import { anyValue, bodyBytes, mutated } from './values.ts'

export interface FuzzRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

const text = [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'hello' } }]

/** One valid body for every command: what a mutation begins with. */
const timBodies: Record<string, object> = {
  'openim/batchsendmsg': {
    From_Account: 'ann',
    To_Account: ['bob', 'cleo'],
    MsgRandom: 7,
    MsgSeq: 3,
    MsgLifeTime: 60,
    SyncOtherMachine: 1,
    MsgBody: text,
    CloudCustomData: 'x',
    SendMsgControl: ['NoUnread'],
    OfflinePushInfo: {
      PushFlag: 0,
      Title: 't',
      Desc: 'd',
      Ext: '{}',
      AndroidInfo: { Sound: 's' },
      ApnsInfo: { BadgeMode: 1, Title: 't' },
    },
  },
  'openim/admin_getroammsg': {
    Operator_Account: 'bob',
    Peer_Account: 'ann',
    MaxCnt: 10,
    MinTime: 0,
    MaxTime: 4_000_000_000,
    LastMsgKey: '3_7_1',
  },
  'openim/admin_msgwithdraw': { From_Account: 'ann', To_Account: 'bob', MsgKey: '3_7_1' },
  'openim/modify_c2c_msg': {
    From_Account: 'ann',
    To_Account: 'bob',
    MsgKey: '3_7_1',
    MsgBody: text,
    CloudCustomData: 'x',
  },
  'openim/admin_set_msg_read': { Report_Account: 'bob', Peer_Account: 'ann', MsgReadTime: 5 },
  'openim/get_c2c_unread_msg_num': { To_Account: 'bob', Peer_Account: ['ann'] },
  'openim/query_online_status': { To_Account: ['ann', 'bob'], IsNeedDetail: 1 },
  'openim/querystate': { To_Account: ['ann'] },
  'im_open_login_svc/account_import': { UserID: 'ann', Nick: 'Ann', FaceUrl: 'x' },
  'im_open_login_svc/multiaccount_import': { Accounts: ['ann', 'bob', 'cleo'] },
  'im_open_login_svc/account_check': { CheckItem: [{ UserID: 'ann' }] },
  'im_open_login_svc/kick': { UserID: 'cleo' },
}

const v1Calls: readonly [string, string, unknown][] = [
  ['POST', '/v1/accounts', { id: 'ann', nick: 'Ann' }],
  ['GET', '/v1/accounts/ann', undefined],
  ['POST', '/v1/tokens', { account: 'ann', expireSeconds: 60 }],
  ['GET', '/v1/conversations?account=bob&limit=10', undefined],
  [
    'GET',
    '/v1/conversations/ann/messages?account=bob&limit=10&before=000100000000000000000000',
    undefined,
  ],
  ['POST', '/v1/conversations/ann/read?account=bob', { upTo: '000100000000000000000000' }],
  ['GET', '/v1/unread?account=bob', undefined],
  ['POST', '/v1/devices?account=bob', { id: 'phone', way: 'apns', token: 'ab'.repeat(32) }],
  ['GET', '/v1/devices?account=bob', undefined],
  ['GET', '/v1/batches/0001000000000218ffffffff?limit=5', undefined],
  ['GET', '/livez', undefined],
  ['GET', '/readyz', undefined],
]

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']

export function anyRequest(random: Random): FuzzRequest {
  const request = random.pick([timRequest, timRequest, imkitRequest, imkitRequest, v1Request])(
    random,
  )
  if (random.below(12) === 0) request.method = random.pick(METHODS)
  if (random.below(12) === 0) request.path = mangled(random, request.path)
  if (random.below(15) === 0)
    request.headers['content-type'] = random.pick(['text/plain', 'application/xml', ''])
  if (random.below(15) === 0) delete request.headers.authorization
  if (request.method === 'GET' || request.method === 'HEAD') request.body = Buffer.alloc(0)
  return request
}

function timRequest(random: Random): FuzzRequest {
  const command = random.pick(Object.keys(timBodies))
  const value = random.below(8) === 0 ? anyValue(random) : mutated(random, timBodies[command])
  return { method: 'POST', path: timPath(command), headers: {}, body: bodyBytes(random, value) }
}

function v1Request(random: Random): FuzzRequest {
  const [method, path, body] = random.pick(v1Calls)
  const credential = random.below(4) === 0 ? userSig('bob') : keys.CARILLON_API_KEY
  return {
    method,
    path,
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: body === undefined ? Buffer.alloc(0) : bodyBytes(random, mutated(random, body)),
  }
}

/** A path that is still a path to HTTP, whatever else it says. */
function mangled(random: Random, path: string): string {
  const bits = [
    '%',
    '%zz',
    '%00',
    '%ff',
    '//',
    '/..',
    '?',
    '&',
    '=',
    ';',
    '+',
    '*',
    '%2A',
    '{',
    '\u007e',
    'x'.repeat(2000),
  ]
  const at = random.below(path.length)
  const end = at + random.below(6)
  return `/${path.slice(1, at)}${random.pick(bits)}${path.slice(end)}`
}
