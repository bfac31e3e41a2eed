/**
 * The public id of a conversation. A described one has the id that it was
 * given. The others are pairs, whose id is derived from the ids of the two; so
 * that such an id leads back to the pair, pairs stand in a table by their id.
 *
 * Several pairs may have one derived id, and a caller may have given it to a conversation of its
 * own. The described one has it then, or the pair that spoke first; the others have a *spare* id, which
 * is the derived one with their account numbers, and leads back to them by these.
 *
 * The table is made when it is first needed, and catches up with new pairs whenever it is asked.
 */
import { type ConversationKey, isGroup } from '../domain/peer.ts'
import type { Engines } from '../engines/engines.ts'
import { DerivedIds } from './derived-ids.ts'
import { PairsById } from './pairs-by-id.ts'

export interface ConversationIds {
  /**
   * The id of a conversation, whether or not anything was said in it yet. When another conversation
   * has the derived id of a pair, that pair has one that is derived from its numbers as well.
   * Of two pairs with one derived id, of which the table does not know the first yet, both may
   * get it: whoever needs it exact at a start waits for `ready`.
   */
  of(conversation: ConversationKey): string

  /**
   * Whether the id stays until somebody describes the conversation. Of another it may yet turn out
   * that the id is taken.
   */
  isCertain(conversation: ConversationKey): boolean

  /** The conversation of an id; null: there is none, or a pair that has never spoken. */
  find(id: string): Promise<ConversationKey | null>

  /** Resolves when the table knows every pair that has spoken so far. */
  ready(): Promise<void>
}

/** `derive` gives the id of a pair by the ids of its two accounts, in any order. */
export function openConversationIds(
  { index, directory }: Pick<Engines, 'index' | 'directory'>,
  derive: (one: string, other: string) => string,
): ConversationIds {
  const derivedIds = new DerivedIds(([first, second]) =>
    derive(directory.id(first), directory.id(second)),
  )
  const derivedId = (pair: ConversationKey) => derivedIds.of(pair)
  const table = new PairsById(index, derivedId)

  return {
    of,

    isCertain: (conversation) =>
      directory.described(conversation) !== null || derivedIds.isOwn(conversation),

    async find(id) {
      const described = directory.conversation(id)
      if (described !== null) return described
      await table.ready()
      return table.find(id) ?? bySpareId(id)
    },

    ready: () => table.ready(),
  }

  function of(conversation: ConversationKey): string {
    const described = directory.described(conversation)
    if (described !== null) return described.id
    const derived = derivedId(conversation)
    if (isGroup(conversation[0])) return spareId(derived, conversation)
    if (derivedIds.isOwn(conversation)) return derived
    table.catchUp()
    const first = directory.conversation(derived) ?? table.find(derived)
    if (first === null) return derived
    if (!isSame(first, conversation)) return spareId(derived, conversation)
    derivedIds.becomesOwn(conversation)
    return derived
  }

  function bySpareId(id: string): ConversationKey | null {
    const [, first, second] = SPARE_ID.exec(id) ?? []
    if (first === undefined || second === undefined) return null
    const pair: ConversationKey = [Number(first), Number(second)]
    if (pair[0] > pair[1] || pair[1] >= directory.nextNumber) return null
    return index.copies(...pair) > 0 && of(pair) === id ? pair : null
  }
}

const SPARE_ID = /-([1-9]\d{0,9})-([1-9]\d{0,9})$/

function spareId(derived: string, [first, second]: ConversationKey): string {
  return `${derived}-${first}-${second}`
}

function isSame([a, b]: ConversationKey, [c, d]: ConversationKey): boolean {
  return a === c && b === d
}
