import { ACCOUNT_ID_BYTES_MAX, NOBODY } from '../../../domain/account.ts'
import type { Batch } from '../../../domain/batch.ts'
import { placeOf } from '../../../domain/place.ts'
import type { AccountChange, Outcomes, Stored } from '../../../domain/record.ts'
import type { IdTable } from './id-table.ts'
import { sealOfId } from './seals.ts'
import type { Change } from './tables/tables.ts'

/** What a record changes in the file. New accounts are in the table of ids from then on. */
export function openChanges(ids: IdTable): (stored: Stored) => Change[] {
  const idBytes = Buffer.allocUnsafeSlow(3 * ACCOUNT_ID_BYTES_MAX)

  /** Numbers and ids are for ever: for an account that exists only the profile changes. */
  function settle(change: AccountChange, time: number): Change {
    const { number, id, nick, avatarUrl, attributes } = change
    const known = ids.has(number) ? number : ids.findId(id)
    if (known !== NOBODY) {
      return { type: 'profile', number: known, nick, avatarUrl, attributes, time }
    }
    const length = idBytes.write(id)
    ids.add(number, idBytes, 0, length)
    return {
      type: 'account',
      number,
      id,
      idSeal: sealOfId(number, idBytes, 0, length),
      nick: nick ?? '',
      avatarUrl: avatarUrl ?? '',
      attributes: attributes ?? '',
      time,
    }
  }

  return ({ place, time, record }) => {
    switch (record.type) {
      case 'batch':
        return ofBatch(record, place, time)
      case 'accounts':
        return record.accounts.map((each) => settle(each, time))
      case 'revoked': {
        const { account, second } = record
        return ids.has(account) ? [{ type: 'revoked', number: account, second }] : []
      }
      case 'conversation': {
        const { conversation, description } = record
        return description === null ? [] : [{ type: 'described', conversation, description, time }]
      }
      case 'overlay':
        return [{ ...record, at: place, time }]
      case 'tokens':
      case 'block':
      case 'device':
        return [{ ...record, time }]
      case 'outcomes':
        return [ofOutcomes(record, place)]
      case 'read':
      case 'delivered':
        return []
    }
  }
}

/** Most batches have nothing that has to be found again. */
function ofBatch({ key, series }: Batch, place: number, time: number): Change[] {
  const changes: Change[] = []
  if (key !== null) changes.push({ type: 'keyed', key, place, time })
  if (series !== null && series.head !== null) {
    changes.push({ type: 'part', head: series.head, place })
  }
  return changes
}

function ofOutcomes({ way, upTo, results }: Outcomes, place: number): Change {
  const batches = new Set(results.map(({ position }) => placeOf(position)))
  return { type: 'outcomes', way, upTo, batches: [...batches], place }
}
