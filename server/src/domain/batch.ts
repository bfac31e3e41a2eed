/**
 * A batch is one accepted call: a sender, content, and entries. It is
 * immutable once accepted, and its content is stored once however many
 * accounts receive it. A single message is a batch of one.
 */
import type { Place } from './place.ts'

/**
 * What a sender said. The door that took the call chose the format, and only
 * doors look inside `json`; everybody else carries it as it is.
 */
export interface Content {
  /** Which door's form `json` has. */
  format: 'tim' | 'imkit' | 'native'
  /** Compact JSON text of an object. */
  json: string
  /** The same in plain words, for notifications and for readers that do not know the format. */
  text: string
}

/** What holds for every copy of a batch; a set of bits. */
export const Trait = {
  /** Reaches open terminals only: never indexed, never resumed, never counted. */
  onlineOnly: 1,
  /** Does not raise unread counters. */
  uncounted: 2,
  /** Counts as unread, but not in the badge of a push. */
  unbadged: 4,
  /** Does not move the conversation in the receiver's list. */
  unlisted: 8,
  /** Is not shown on the sender's side. */
  hiddenFromSender: 16,
  /** The sender's open terminals hear of it. */
  echoed: 32,
  /** Made by the server. */
  system: 64,
  /** Asks for no notification. */
  unpushed: 128,
  /** Notifications respect the receiver's do-not-disturb. */
  mutable: 256,
  /** Sending marks the conversation read for the sender. */
  readsForSender: 512,
  /** Asks for a receipt when it is read. */
  receiptWanted: 1024,
  /** A retry of the call is recognised by sender, `seq`, `random`, `contentCrc` and recipient. */
  recognised: 2048,
  /** Came as a batch, in a door that tells its messages so. */
  batched: 4096,
} as const

/** Why an entry made no copy. */
export type FailureCode =
  | 'unknownAccount'
  | 'tooLarge'
  | 'unknownConversation'
  /** The sender is no member of the group. */
  | 'notMember'
  /** One of the pair does not want to hear from the other. */
  | 'blocked'
  /** Nothing can be said in the conversation at present. */
  | 'frozen'
  /** The sender named itself, where the door does not allow it. */
  | 'self'

export interface Failure {
  ordinal: number
  /** What the caller wrote. */
  id: string
  code: FailureCode
}

export interface Batch {
  type: 'batch'
  /** Account number. */
  sender: number
  /** Peer by ordinal, see peer.ts; 0: this entry makes no copy, being failed or a duplicate. */
  recipients: Int32Array
  failures: readonly Failure[]
  content: Content
  traits: number
  /** Seconds for which a terminal that was away still gets it; null: for as long as it is kept. */
  lifetimeSeconds: number | null
  /** Order within a second, 0 to 2^32 - 1; null: taken from the place. */
  seq: number | null
  /** A number of the sender's, 0 to 2^32 - 1; tells calls of one `seq` apart. */
  random: number
  /** CRC-32 of what makes two calls the same in the eyes of the door; see Trait.recognised. */
  contentCrc: number
  /** How to notify, compact JSON in the form of the door; null: nothing was said. */
  push: string | null
  /** What each entry says for itself; null: every copy says what `content` does. */
  variables: Variables | null
  /** The caller's name for this call, by which its door recognises a retry; null: it gave none. */
  key: string | null
  /** Its standing in a batch that needs several records; null: this is all of it. */
  series: Series | null
}

/** `content.json` is a template then, and rendered when it is read: see template/. */
export interface Variables {
  /** The fields at the top of `content.json` that are templates; null: all are. */
  fields: readonly string[] | null
  /** The values of every entry, see template/columns.ts. */
  columns: Uint8Array
}

/** A batch of more entries than a record may have is a head and, right after it, parts. */
export interface Series {
  /** Where the first record stands; null: this is the first. */
  head: Place | null
  /** The number that ordinal 0 of this record has among all entries. */
  first: number
  /** How many entries all records have together. */
  total: number
}

/** Whether those who are away are to be notified of it. */
export function wantsPush({ traits }: Pick<Batch, 'traits'>): boolean {
  return (traits & (Trait.onlineOnly | Trait.unpushed)) === 0
}

/** The order number of a batch within its second. */
export function seqOf(batch: Pick<Batch, 'seq'>, place: number): number {
  return batch.seq ?? place % 0x80000000
}
