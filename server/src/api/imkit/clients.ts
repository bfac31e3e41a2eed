/** Clients of whom a call speaks, as accounts. */
import { NOBODY } from '../../domain/account.ts'
import { Refusal } from './answers.ts'
import type { Client, Door } from './route.ts'

/** The account of a client that has to exist. `field` names it in the answer. */
export function accountOf(
  field: string,
  id: string,
  { directory }: Pick<Door, 'directory'>,
): number {
  const account = directory.number(id)
  if (account !== NOBODY) return account
  throw new Refusal('CLIENT_NOT_FOUND', `${field}: there is no client ${JSON.stringify(id)}`)
}

/** The platform's own client, made known when it is first needed. */
export async function adminClient({ settings, directory, pipeline }: Door): Promise<Client> {
  const id = settings.adminClient
  const known = directory.number(id)
  const account = known === NOBODY ? (await pipeline.importAccounts([{ id }])).numbers[0]! : known
  return { kind: 'client', account, id, token: null }
}
