import fc from 'fast-check'
import type { Batch, Content, FailureCode } from '../../../src/domain/batch.ts'
import { pushWays } from '../../../src/domain/device.ts'
import type { JournalRecord } from '../../../src/domain/record.ts'

export const U32_MAX = 2 ** 32 - 1
export const I32_MAX = 2 ** 31 - 1
export const I32_MIN = -(2 ** 31)

/** Every code, or this does not compile. */
export const failureCodes = Object.keys({
  unknownAccount: true,
  tooLarge: true,
  unknownConversation: true,
  notMember: true,
  blocked: true,
  frozen: true,
  self: true,
} satisfies Record<FailureCode, true>) as FailureCode[]

const u32 = fc.oneof(fc.constantFrom(0, 1, U32_MAX), fc.integer({ min: 0, max: U32_MAX }))
const peer = fc.oneof(fc.constantFrom(0, -1, I32_MAX, I32_MIN), fc.integer())
const text = fc.string({ unit: 'binary', maxLength: 60 })
const position = fc.maxSafeNat()
const u32s = fc.array(u32, { maxLength: 20 }).map((values) => Uint32Array.from(values))
const peers = fc.array(peer, { maxLength: 20 }).map((values) => Int32Array.from(values))

function maybe<T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(some, { nil: null })
}

const content: fc.Arbitrary<Content> = fc.record({
  format: fc.constantFrom('tim', 'imkit', 'native'),
  json: text,
  text,
})

const failure = fc.record({ ordinal: u32, id: text, code: fc.constantFrom(...failureCodes) })

const batch: fc.Arbitrary<Batch> = fc.record({
  type: fc.constant('batch'),
  sender: u32,
  recipients: peers,
  failures: fc.array(failure, { maxLength: 5 }),
  content,
  traits: u32,
  lifetimeSeconds: maybe(u32),
  seq: maybe(u32),
  random: u32,
  contentCrc: u32,
  push: maybe(text),
  variables: maybe(
    fc.record({
      fields: maybe(fc.array(text, { maxLength: 5 })),
      columns: fc.uint8Array({ maxLength: 60 }),
    }),
  ),
  key: maybe(text),
  series: maybe(fc.record({ head: maybe(position), first: u32, total: u32 })),
})

const plainBatch = batch.map((one) => ({ ...one, variables: null, key: null, series: null }))

const account = fc.record({
  number: u32,
  id: text,
  nick: maybe(text),
  avatarUrl: maybe(text),
  attributes: maybe(text),
})
const plainAccount = account.map((one) => ({ ...one, attributes: null }))

const accounts = fc.record({
  type: fc.constant('accounts' as const),
  accounts: fc.oneof(
    fc.array(account, { maxLength: 10 }),
    fc.array(plainAccount, { maxLength: 10 }),
  ),
})

const read = fc.record({
  type: fc.constant('read' as const),
  reader: u32,
  peer,
  upTo: maybe(position),
})

const delivered = fc.array(fc.tuple(u32, position), { maxLength: 20 }).map((marks) => ({
  type: 'delivered' as const,
  accounts: Uint32Array.from(marks, ([number]) => number),
  upTo: Float64Array.from(marks, ([, upTo]) => upTo),
}))

const revoked = fc.record({ type: fc.constant('revoked' as const), account: u32, second: u32 })

const conversation = fc.record({
  type: fc.constant('conversation' as const),
  conversation: fc.tuple(peer, peer),
  description: maybe(fc.record({ id: text, owner: u32, isFrozen: fc.boolean(), attributes: text })),
  joined: u32s,
  left: u32s,
})

const overlay = fc.array(fc.tuple(u32, peer), { maxLength: 20 }).chain((copies) =>
  fc.record({
    type: fc.constant('overlay' as const),
    change: fc.constantFrom('recall' as const, 'edit' as const),
    by: u32,
    place: position,
    ordinals: fc.constant(Uint32Array.from(copies, ([ordinal]) => ordinal)),
    sender: u32,
    traits: u32,
    recipients: fc.constant(Int32Array.from(copies, ([, recipient]) => recipient)),
    content: maybe(content),
  }),
)

const tokens = fc.record({
  type: fc.constant('tokens' as const),
  account: u32,
  given: fc.array(fc.record({ token: text, expiresAt: maybe(position) }), { maxLength: 5 }),
  taken: fc.array(text, { maxLength: 5 }),
})

const block = fc.record({
  type: fc.constant('block' as const),
  blocker: u32,
  blocked: u32,
  isOn: fc.boolean(),
})

const device = fc.record({
  type: fc.constant('device' as const),
  account: u32,
  device: fc.record({
    id: text,
    way: fc.constantFrom(...pushWays),
    token: text,
    keys: maybe(fc.record({ p256dh: text, auth: text })),
    app: text,
    locale: text,
    timeZone: text,
  }),
  isGone: fc.boolean(),
})

const result = fc.record({
  position,
  account: u32,
  deviceId: fc.oneof(text, fc.constant('')),
  state: fc.constantFrom('pushed' as const, 'refused' as const, 'skipped' as const),
  detail: fc.oneof(text, fc.constantFrom('online', 'BadDeviceToken')),
  isRetryable: fc.boolean(),
})

const outcomes = fc.record({
  type: fc.constant('outcomes' as const),
  way: fc.constantFrom('none', ...pushWays),
  upTo: position,
  results: fc.array(result, { maxLength: 10 }),
})

/** Any record that the journal may have to hold, and many that it never will. */
export const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  batch,
  plainBatch,
  accounts,
  read,
  delivered,
  revoked,
  conversation,
  overlay,
  tokens,
  block,
  device,
  outcomes,
)
