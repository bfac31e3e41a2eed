import type { Database } from 'better-sqlite3'
import type { Block } from '../../../../domain/record.ts'
import { brokenRow } from '../database.ts'
import { sealOf } from '../seals.ts'
import { hashOfPair, Sieve } from './sieve.ts'

export interface BlockChange extends Block {
  time: number
}

/** Asked for every direct entry of a batch, and hardly anybody blocks anybody: see sieve.ts. */
export function openBlocks(database: Database) {
  const selectOne = database
    .prepare<[number, number], [since: number, seal: number]>(
      'select since, seal from block where blocker = ? and blocked = ?',
    )
    .raw()
  const selectAll = database
    .prepare<[number], [blocked: number, since: number, seal: number]>(
      'select blocked, since, seal from block where blocker = ? order by number',
    )
    .raw()
  const insert = database.prepare(
    'insert into block (blocker, blocked, since, seal) values (?, ?, ?, ?)',
  )
  const remove = database.prepare('delete from block where blocker = ? and blocked = ?')
  const pairs = new Sieve(database.prepare('select count(*) from block').pluck().get() as number)
  const known = database.prepare<[], [number, number]>('select blocker, blocked from block').raw()
  for (const [blocker, blocked] of known.iterate()) pairs.add(hashOfPair(blocker, blocked))

  function has(blocker: number, blocked: number): boolean {
    if (!pairs.mayHave(hashOfPair(blocker, blocked))) return false
    const row = selectOne.get(blocker, blocked)
    if (row === undefined) return false
    check(blocker, blocked, ...row)
    return true
  }

  return {
    has,

    write({ blocker, blocked, isOn, time }: BlockChange): void {
      if (!isOn) {
        remove.run(blocker, blocked)
      } else if (!has(blocker, blocked)) {
        pairs.add(hashOfPair(blocker, blocked))
        insert.run(blocker, blocked, time, sealOf(blocker, blocked, time))
      }
    },

    by: (blocker: number): { account: number; since: number }[] =>
      selectAll.all(blocker).map(([blocked, since, seal]) => {
        check(blocker, blocked, since, seal)
        return { account: blocked, since }
      }),
  }
}

function check(blocker: number, blocked: number, since: number, seal: number): void {
  if (seal !== sealOf(blocker, blocked, since)) {
    throw brokenRow(`the block of account ${blocked} by ${blocker}`)
  }
}
