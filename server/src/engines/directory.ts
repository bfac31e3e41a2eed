import type { Profile } from '../domain/account.ts'
import type { Place } from '../domain/place.ts'
import type { Stored } from '../domain/record.ts'

/**
 * What is derived from the journal about accounts. Every engine passes
 * `conformance/directory.ts`.
 */
export interface Directory {
  /** Every record before this place is reflected, here and after a restart. */
  readonly place: Place

  /** How many accounts there are. */
  readonly count: number

  /** The number after the highest that was ever given. */
  readonly nextNumber: number

  /** Applies the next record. One that was applied before changes nothing. */
  apply(stored: Stored): void

  /** The account's number; 0: there is none of this id. */
  number(id: string): number

  /**
   * The same for many ids that stand in one body as UTF-8 bytes, which are not decoded. `ranges`
   * holds where each begins and ends, in turn; `into` takes their numbers.
   */
  numbersAt(bytes: Uint8Array, ranges: Int32Array, count: number, into: Uint32Array): void

  /** The id of a number that `number` gave. */
  id(number: number): string

  /** The profiles of accounts that exist, in this order. */
  profiles(numbers: readonly number[]): Profile[]

  /** What was signed for the account up to this second is void; 0: nothing is. */
  revokedAt(number: number): number

  /** Makes what has been applied durable. */
  flush(): void

  close(): Promise<void>
}
