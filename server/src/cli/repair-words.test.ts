import { expect, test } from 'vitest'
import type { JournalRecord } from '../domain/record.ts'
import {
  accounts,
  batch,
  block,
  conversation,
  delivered,
  gone,
  outcomes,
  overlay,
  read,
  registered,
  revoked,
  tokens,
} from '../engines/conformance/subject.ts'
import { accountsIn, heldIn } from '../engines/embedded/journal/held.ts'
import { wordsOf } from './repair-words.ts'

const ids = ['', 'ann', 'bob', '']

test('what a lost record held is said in words, with ids where they are known', () => {
  const recalled = overlay({ place: 112, record: batch(1, [2, -4]) }, [0, 1])
  const told: [JournalRecord, string, number[]][] = [
    [batch(1, [2, -4]), 'batch from ann to 2 recipients', [1]],
    [accounts({ number: 3, id: 'cid' }, { number: 5 }), 'accounts: cid, user5', []],
    [read(1, 2), 'read by ann: the conversation with bob', [1, 2]],
    [read(3, -4), 'read by account number 3: the conversation with group number 4', [3]],
    [delivered([1, 0], [2, 0]), 'delivered to 2 accounts', []],
    [revoked(2, 9), 'revoked: what was signed for bob', [2]],
    [
      conversation([-4, 0], { id: 'room' }, [1, 2], [3]),
      'conversation of group number 4 with the id room: 2 joined, 1 left',
      [],
    ],
    [conversation([1, 2], null), 'conversation of ann and bob: 0 joined, 0 left', [1, 2]],
    [recalled, 'recall of 2 copies of the batch at place 112', []],
    [tokens(1, { secret: null }, ['old', 'older']), 'tokens of ann: 1 given, 2 taken', [1]],
    [block(1, 2), 'block: ann blocks bob', [1, 2]],
    [block(1, 3, false), 'block: ann no longer blocks account number 3', [1, 3]],
    [registered(1, { id: 'phone' }), 'device phone (apns) of ann: registered', [1]],
    [gone(2, { id: 'phone', way: 'web' }), 'device phone (web) of bob: gone', [2]],
    [outcomes('fcm', 0, { position: 8 }), 'outcomes of 1 notifications (fcm)', []],
  ]
  for (const [record, words, numbers] of told) {
    expect(wordsOf(heldIn(record), (account) => ids[account] ?? '')).toBe(words)
    expect(accountsIn(heldIn(record))).toEqual(numbers)
  }
})
