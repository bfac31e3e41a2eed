import type { Database } from 'better-sqlite3'
import type { Tokens } from '../../../../domain/record.ts'
import type { KnownToken } from '../../../directory.ts'
import { brokenRow } from '../database.ts'
import { sealOf } from '../seals.ts'

export interface TokensChange extends Tokens {
  time: number
}

type Row = [
  token: string,
  account: number,
  expiresAt: number | null,
  createdAt: number,
  changedAt: number,
  seal: number,
]

export function openTokens(database: Database) {
  const select = (where: string) =>
    database
      .prepare<(string | number)[], Row>(
        `select token, account, expires_at, created_at, changed_at, seal from token where ${where}`,
      )
      .raw()
  const byToken = select('token = ?')
  const byAccount = select('account = ? order by number')
  // Where a row stands already it stays, so that tokens are listed in the order in which they came.
  const put = database.prepare<[string, number, number | null, number, number, number]>(
    `insert into token (token, account, expires_at, created_at, changed_at, seal)
     values (?, ?, ?, ?, ?, ?)
         on conflict (token) do update
        set account = excluded.account, expires_at = excluded.expires_at,
            changed_at = excluded.changed_at, seal = excluded.seal`,
  )
  const remove = database.prepare<[string]>('delete from token where token = ?')

  function find(token: string): KnownToken | null {
    const row = byToken.get(token)
    return row === undefined ? null : known(row)
  }

  return {
    write({ account, given, taken, time }: TokensChange): void {
      for (const { token, expiresAt } of given) {
        const createdAt = find(token)?.createdAt ?? time
        const seal = sealOf(token, account, expiresAt, createdAt, time)
        put.run(token, account, expiresAt, createdAt, time, seal)
      }
      for (const token of taken) remove.run(token)
    },

    // A lone surrogate would be asked for as U+FFFD, and could match a token that has that character.
    find: (token: string): KnownToken | null => (token.isWellFormed() ? find(token) : null),

    of: (account: number): KnownToken[] => byAccount.all(account).map(known),
  }
}

function known([token, account, expiresAt, createdAt, changedAt, seal]: Row): KnownToken {
  if (seal !== sealOf(token, account, expiresAt, createdAt, changedAt)) {
    throw brokenRow(`a token of account ${account}`)
  }
  return { token, account, expiresAt, createdAt, changedAt }
}
