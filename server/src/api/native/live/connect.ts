/** Connect: a terminal says who it is, and from where it goes on. */
import type { ConnectFrame } from '../../../../../wire/frames.ts'
import { type ErrorName, errors, Fault } from '../../../domain/errors.ts'
import { platformOf } from '../../../domain/platform.ts'
import type { ClosingReason } from '../../../gateway/terminal.ts'
import { cursorOf, positionOrNull } from '../cursors.ts'
import { FieldFault } from '../fields.ts'
import type { Identity } from '../identify.ts'
import { resume } from './resume.ts'
import type { NativeTerminal } from './terminal.ts'

export function connect(terminal: NativeTerminal, frame: ConnectFrame): void {
  const credential = credentialOf(frame)
  const { identify } = terminal.live.identify
  terminal.state = 'joining'
  identify(credential, frame.account)
    .then((identity) => join(terminal, identity, frame))
    .catch((error) => {
      terminal.live.log.debug({ terminal: terminal.name, err: error }, 'not connected')
      terminal.fail(error)
      terminal.end(error instanceof Fault ? reasonOf(error.kind) : 'internal')
    })
}

/**
 * The terminal gets what is new from this tick on; what there was before it is
 * the resume's, up to the newest position of this very tick.
 */
async function join(terminal: NativeTerminal, identity: Identity, frame: ConnectFrame) {
  const { terminals, views, identify, log } = terminal.live
  const { account, id } = identity
  if (terminal.isClosed) return
  // A revocation that came while the credential was looked at closed all terminals but this one.
  if (!identify.isStillGood(identity)) throw new Fault('unauthorized', 'it was revoked meanwhile')

  const newest = views.newest()
  const from = frame.cursor === undefined ? newest : positionOrNull(frame.cursor, views)
  terminal.isHeld = true
  terminal.token = identity.keptToken
  terminal.platform = platformOf(frame.platform ?? '')
  if (!terminals.open(terminal, account)) {
    throw new Fault('overloaded', `the account ${JSON.stringify(id)} has too many terminals`)
  }
  terminals.until(terminal, identity.endsAt)
  terminal.state = 'resuming'
  terminal.resumedTo = from ?? newest
  terminal.say({
    type: 'connected',
    account: id,
    terminal: terminal.name,
    cursor: cursorOf(from ?? newest, views),
    unreadTotal: views.unreadTotal(account),
  })
  log.debug({ terminal: terminal.name, account: id, platform: frame.platform }, 'connected')

  if (from === null) {
    terminal.say({ type: 'resync', reason: 'cursor', cursor: cursorOf(newest, views) })
  } else if (frame.cursor !== undefined) {
    await resume(terminal, newest)
  }
  if (terminal.isClosed) return
  terminal.state = 'live'
  terminals.release(terminal)
}

function credentialOf({ usersig, token }: ConnectFrame): string {
  const credential = usersig ?? token
  if (credential === undefined) {
    throw new FieldFault('token', 'a token, or a UserSig in usersig', 'nothing')
  }
  if (usersig !== undefined && token !== undefined) {
    throw new FieldFault('token', 'none beside a UserSig', 'one')
  }
  return credential
}

function reasonOf(kind: ErrorName): ClosingReason {
  if (kind === 'forbidden') return 'forbidden'
  if (kind === 'unauthorized' || kind === 'unknownAccount') return 'unauthorized'
  return errors[kind].retryable || kind === 'accountsFull' ? 'full' : 'internal'
}
