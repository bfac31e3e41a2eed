/** Tokens that doors give out, and take back. What would change nothing is not written. */
import { Fault } from '../domain/errors.ts'
import { ORDINALS_MAX } from '../domain/place.ts'
import type { Tokens } from '../domain/record.ts'
import type { KnownToken } from '../engines/directory.ts'
import { all } from './all.ts'
import { requireDisk } from './disk.ts'
import type { PipelineOptions } from './pipeline.ts'
import type { Turns } from './turns.ts'

export function openTokens({ engines, diskReserveBytes }: PipelineOptions, turns: Turns) {
  const { journal, directory } = engines

  return {
    giveToken(account: number, token: string, expiresAt: number | null): Promise<KnownToken> {
      return turns.take(`token ${token}`, async () => {
        const known = directory.token(token)
        if (known !== null && known.account !== account) throw new Fault('tokenTaken')
        if (known !== null && known.expiresAt === expiresAt) return known
        requireDisk(engines, diskReserveBytes)
        await append({ type: 'tokens', account, given: [{ token, expiresAt }], taken: [] })
        return directory.token(token)!
      })
    },

    takeTokens(account: number, tokens: readonly string[]): Promise<KnownToken[]> {
      return turns.take(`tokens of ${account}`, async () => {
        const known = [...new Set(tokens)]
          .map((token) => directory.token(token))
          .filter((token) => token?.account === account) as KnownToken[]
        const appended: Promise<void>[] = []
        for (let from = 0; from < known.length; from += ORDINALS_MAX) {
          const taken = known.slice(from, from + ORDINALS_MAX).map(({ token }) => token)
          appended.push(append({ type: 'tokens', account, given: [], taken }))
        }
        await all(appended)
        return known
      })
    },
  }

  async function append(record: Tokens): Promise<void> {
    await journal.append(record)
  }
}
