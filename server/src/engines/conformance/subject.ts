import { NOBODY } from '../../domain/account.ts'
import { type Batch, type Content, Trait } from '../../domain/batch.ts'
import type { Device } from '../../domain/device.ts'
import type { ConversationKey } from '../../domain/peer.ts'
import { PLACE_STEP, type Place, type Position, positionOf } from '../../domain/place.ts'
import type {
  AccountChange,
  Accounts,
  Block,
  ConversationChange,
  Description,
  DeviceChange,
  JournalRecord,
  Outcomes,
  Overlay,
  PushResult,
  Revoked,
  Stored,
  Tokens,
} from '../../domain/record.ts'

/** What a suite examines, opened over nothing. Disposing of it closes it and removes what it left. */
export interface Subject<T> extends AsyncDisposable {
  readonly it: T
  /** Closes it, and opens what it has left behind. Null: it leaves nothing behind. */
  readonly reopen: (() => Promise<T>) | null
}

/** Opens a subject whose clock is `now`. */
export type Open<T> = (now?: () => number) => Promise<Subject<T>>

const content: Content = { format: 'native', json: '{"text":"hello"}', text: 'hello' }

/** A batch, of which a test only says what it is about. */
export function batch(
  sender: number,
  recipients: readonly number[],
  traits = 0,
  more: Partial<Batch> = {},
): Batch {
  return {
    type: 'batch',
    sender,
    recipients: Int32Array.from(recipients),
    failures: [],
    content,
    traits,
    lifetimeSeconds: null,
    seq: null,
    random: 0,
    contentCrc: 0,
    push: null,
    variables: null,
    key: null,
    series: null,
    ...more,
  }
}

export function accounts(...changes: (Partial<AccountChange> & { number: number })[]): Accounts {
  return {
    type: 'accounts',
    accounts: changes.map(({ number, ...said }) => ({
      number,
      id: `user${number}`,
      nick: null,
      avatarUrl: null,
      attributes: null,
      ...said,
    })),
  }
}

export function read(reader: number, peer: number, upTo: Position | null = null): JournalRecord {
  return { type: 'read', reader, peer, upTo }
}

export function delivered(...marks: (readonly [number, Position])[]): JournalRecord {
  return {
    type: 'delivered',
    accounts: Uint32Array.from(marks, ([account]) => account),
    upTo: Float64Array.from(marks, ([, upTo]) => upTo),
  }
}

export function revoked(account: number, second: number): Revoked {
  return { type: 'revoked', account, second }
}

/** `said`: what is not said of the description is as little as possible; null: there is none. */
export function conversation(
  key: ConversationKey,
  said: Partial<Description> | null = {},
  joined: readonly number[] = [],
  left: readonly number[] = [],
): ConversationChange {
  const described = {
    id: `of ${key.join(' and ')}`,
    owner: NOBODY,
    isFrozen: false,
    attributes: '',
  }
  return {
    type: 'conversation',
    conversation: key,
    description: said === null ? null : { ...described, ...said },
    joined: Uint32Array.from(joined),
    left: Uint32Array.from(left),
  }
}

/** Recalls copies of a batch, or lets them say something else. */
export function overlay(
  { place, record }: Pick<Stored<Batch>, 'place' | 'record'>,
  ordinals: readonly number[],
  says: Content | null = null,
  by: number = NOBODY,
): Overlay {
  return {
    type: 'overlay',
    change: says === null ? 'recall' : 'edit',
    by,
    place,
    ordinals: Uint32Array.from(ordinals),
    sender: record.sender,
    traits: record.traits,
    recipients: Int32Array.from(ordinals, (ordinal) => record.recipients[ordinal]!),
    content: says,
  }
}

/** `given`: tokens and when they end. */
export function tokens(
  account: number,
  given: Readonly<Record<string, number | null>>,
  taken: readonly string[] = [],
): Tokens {
  return {
    type: 'tokens',
    account,
    given: Object.entries(given).map(([token, expiresAt]) => ({ token, expiresAt })),
    taken,
  }
}

export function block(blocker: number, blocked: number, isOn = true): Block {
  return { type: 'block', blocker, blocked, isOn }
}

/** A phone, of which a test only says what it is about. */
export function device(said: Partial<Device> & { id: string }): Device {
  const of = { token: `token of ${said.id}`, keys: null, app: '', locale: '', timeZone: '' }
  return { way: 'apns', ...of, ...said }
}

export function registered(account: number, said: Partial<Device> & { id: string }): DeviceChange {
  return { type: 'device', account, device: device(said), isGone: false }
}

export function gone(account: number, said: Partial<Device> & { id: string }): DeviceChange {
  return { type: 'device', account, device: device(said), isGone: true }
}

/** `results`: what a test does not say is that of a notification that was pushed. */
export function outcomes(
  way: Outcomes['way'],
  upTo: Position,
  ...results: (Partial<PushResult> & { position: Position })[]
): Outcomes {
  const pushed = {
    account: 1,
    deviceId: '',
    state: 'pushed',
    detail: '',
    isRetryable: false,
  } as const
  return { type: 'outcomes', way, upTo, results: results.map((said) => ({ ...pushed, ...said })) }
}

/** When `writer` writes the record at a place. */
export const timeAt = (place: Place) => 1_700_000_000_000 + place

/** Applies records at places that rise as a journal's do, and says where each stands. */
export function writer(
  apply: (stored: Stored) => void,
  place: Place = 112,
): (record: JournalRecord) => Place {
  return (record) => {
    const at = place
    apply({ place: at, time: timeAt(at), record })
    // Rising unevenly: nobody may count on the distance of two places.
    place += PLACE_STEP * (1 + (place % 7))
    return at
  }
}

/** Ids that are easily taken for one another, in every length. */
export const everyId = [
  'a',
  'A',
  ' a',
  'a ',
  'ä',
  'a\u0308',
  '\ufeffa',
  '𝄞',
  '用户',
  '"quoted"',
  "o'brien",
  '1 2 3',
  '0',
  '00',
  'null',
  '\u{10ffff}',
  ...Array.from({ length: 126 }, (_, n) => 'l'.repeat(n + 2)),
  'z'.repeat(128),
  'ü'.repeat(64),
]

export { PLACE_STEP, positionOf, Trait }
