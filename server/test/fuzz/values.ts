/** Values that nobody should send, and bodies made of them. */
import type { Random } from '../lib/random.ts'

const STRANGE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -0,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  '',
  ' ',
  '0',
  '-1',
  'true',
  'null',
  '\u0000',
  '\ud800',
  '\u202e',
  '用户1',
  'x'.repeat(33),
  'x'.repeat(129),
  '__proto__',
  'constructor',
  '$&',
  '%00',
  '../../etc/passwd',
  "' OR 1=1 --",
  '<script>',
  [],
  {},
  [null],
  [[]],
  [{}],
  { a: { b: { c: {} } } },
  ['ann', 1],
  ['ann', null],
]

/** Field names that doors look at, so that strange values land where they hurt. */
const FIELDS = [
  'To_Account',
  'From_Account',
  'MsgRandom',
  'MsgSeq',
  'MsgBody',
  'MsgType',
  'MsgContent',
  'MsgLifeTime',
  'SyncOtherMachine',
  'OfflinePushInfo',
  'AndroidInfo',
  'ApnsInfo',
  'PushFlag',
  'CloudCustomData',
  'SendMsgControl',
  'OnlineOnlyFlag',
  'Text',
  'Data',
  'Index',
  'Latitude',
  'ImageInfoArray',
  'Accounts',
  'AccountList',
  'CheckItem',
  'UserID',
  'Identifier',
  'Operator_Account',
  'Peer_Account',
  'MaxCnt',
  'MinTime',
  'MaxTime',
  'LastMsgKey',
  'Report_Account',
  'MsgReadTime',
  'id',
  'nick',
  'account',
  'expireSeconds',
  'upTo',
  'type',
  'usersig',
  'token',
  'cursor',
  'with',
  'ref',
  '__proto__',
]

/** A JSON value of any shape, not too deep. */
export function anyValue(random: Random, depth = 3): unknown {
  const dice = random.below(depth > 0 ? 8 : 5)
  if (dice < 5) return structuredClone(random.pick(STRANGE))
  if (dice === 5) return random.below(2 ** 32)
  if (dice === 6) return Array.from({ length: random.below(6) }, () => anyValue(random, depth - 1))
  const entries = Array.from({ length: random.below(6) }, () => [
    random.pick(FIELDS),
    anyValue(random, depth - 1),
  ])
  return Object.fromEntries(entries)
}

/** A valid object with one to three of its values, at any depth, exchanged, dropped or added. */
export function mutated(random: Random, valid: unknown): unknown {
  const copy = structuredClone(valid)
  for (let i = 0; i <= random.below(3); i += 1) mutateOnce(random, copy)
  return copy
}

function mutateOnce(random: Random, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const holder = value as Record<string, unknown>
  const names = Object.keys(holder)
  const name = names.length > 0 && random.below(6) > 0 ? random.pick(names) : random.pick(FIELDS)
  const inner = holder[name]
  if (typeof inner === 'object' && inner !== null && random.below(3) > 0) {
    mutateOnce(random, inner)
    return
  }
  if (random.below(4) === 0) delete holder[name]
  else
    Object.defineProperty(holder, name, {
      value: anyValue(random),
      enumerable: true,
      configurable: true,
      writable: true,
    })
}

/** The bytes of a body: mostly JSON, sometimes broken, sometimes not even text. */
export function bodyBytes(random: Random, value: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(value) ?? 'undefined')
  const dice = random.below(20)
  if (dice === 0) return Buffer.from(bytes.subarray(0, random.below(bytes.length + 1)))
  if (dice === 1) return flipped(random, bytes)
  if (dice === 2) return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])
  if (dice === 3) return Buffer.from('['.repeat(random.below(5000)))
  if (dice === 4)
    return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)))
  if (dice === 5) return Buffer.concat([bytes, Buffer.from('}')])
  if (dice === 6) return Buffer.from(`{"a":"${'x'.repeat(random.below(300_000))}"}`)
  return bytes
}

function flipped(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  for (let i = 0; i <= random.below(4) && copy.length > 0; i += 1) {
    const at = random.below(copy.length)
    copy[at] = copy[at]! ^ (1 << random.below(8))
  }
  return copy
}
