/** Copies by their MsgKey: those that a call may take back or change. */
import { NOBODY } from '../../domain/account.ts'
import type { Content } from '../../domain/batch.ts'
import type { Message } from '../../domain/message.ts'
import { ordinalOf, placeOf } from '../../domain/place.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Pipeline } from '../../pipeline/pipeline.ts'
import type { Views } from '../../views/views.ts'
import { knownAccount } from './accounts.ts'
import type { Code } from './codes.ts'
import { type Fields, unexpected } from './fields.ts'
import { blocksOf } from './history.ts'
import { formatMessageKey, type MessageKey, parseMessageKey } from './message-key.ts'

/** What one account sent another under a key. A sender that repeats its numbers has several copies. */
export interface NamedCopies {
  sender: number
  recipient: number
  key: MessageKey
}

/** How many copies to read at a time. */
const STEP = 64

/** Reads `From_Account`, `To_Account` and `MsgKey`. */
export function parseNamedCopies(
  fields: Fields,
  directory: Directory,
  unknownRecipient: Code,
): NamedCopies {
  return {
    sender: knownAccount(fields, 'From_Account', directory, 90008),
    recipient: knownAccount(fields, 'To_Account', directory, 90003, unknownRecipient),
    key: parseKey(fields.MsgKey),
  }
}

function parseKey(came: unknown): MessageKey {
  const key = typeof came === 'string' ? parseMessageKey(came) : null
  if (key !== null) return key
  throw unexpected(90054, 'MsgKey', 'three decimal numbers joined by _', came)
}

/**
 * Those that can be read. The recipient's side has them all, one that the sender does not see too.
 * A key tells the second, which is looked through as history does.
 */
export async function findCopies(
  { sender, recipient, key }: NamedCopies,
  views: Views,
): Promise<Message[]> {
  const wanted = formatMessageKey(key)
  const { second } = key
  const span = { fromSecond: second, toSecond: second, below: null, step: STEP }
  const found: Message[] = []
  for await (const block of blocksOf({ account: recipient, peer: sender, ...span }, views)) {
    for (const entry of block) {
      const isWanted = entry.message.sender === sender && formatMessageKey(entry.key) === wanted
      if (isWanted) found.push(entry.message)
    }
  }
  return found
}

/** One change for each copy, in one turn of the journal. False: others had taken all of them back. */
export async function changeCopies(
  changes: readonly { copy: Message; content: Content | null }[],
  pipeline: Pipeline,
): Promise<boolean> {
  const changed = await Promise.all(
    changes.map(({ copy: { position }, content }) => {
      const ordinals = [ordinalOf(position)]
      return pipeline.change({ place: placeOf(position), ordinals, by: NOBODY, content })
    }),
  )
  return changed.some(({ ordinals }) => ordinals.length > 0)
}
