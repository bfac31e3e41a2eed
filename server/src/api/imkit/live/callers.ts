import { NOBODY } from '../../../domain/account.ts'
import { Refusal } from '../answers.ts'
import type { Client } from '../route.ts'
import type { LiveDoor } from './events.ts'
import type { ImkitTerminal } from './terminal.ts'

/** As whom a socket speaks. */
export function clientOf({ account, token }: ImkitTerminal, { directory }: LiveDoor): Client {
  if (account === NOBODY) {
    throw new Refusal('UNAUTHORIZED', 'expected auth2 with a token before anything else')
  }
  return { kind: 'client', account, id: directory.id(account), token }
}
