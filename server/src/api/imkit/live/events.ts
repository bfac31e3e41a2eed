/**
 * What a socket says, and what it is answered. An acknowledgement is the
 * envelope of HTTP; not every client asks for one.
 */
import type { Protocol } from '../../../gateway/protocol.ts'
import type { Terminals } from '../../../gateway/terminals.ts'
import { refusalOf } from '../errors.ts'
import type { Door } from '../route.ts'
import { authenticate, authenticateWithKey } from './auth.ts'
import { postChatMessage } from './chat-message.ts'
import { configure } from './conf.ts'
import { plain } from './packets.ts'
import type { ImkitTerminal } from './terminal.ts'
import { tellOfTyping } from './typing.ts'

export interface LiveDoor extends Door {
  terminals: Terminals
  protocols: { plain: Protocol; base64: Protocol }
}

interface Event {
  /** `values` are the arguments of the event, without the acknowledgement. */
  handle(terminal: ImkitTerminal, values: readonly unknown[], door: LiveDoor): unknown
  /** Its acknowledgement comes in the form that the socket asked for. */
  isPacked?: true
  /** When it fails and nobody wants to hear of that, the connection ends. */
  isVital?: true
}

const events: Readonly<Record<string, Event>> = {
  conf: { handle: configure, isPacked: true },
  auth: { handle: authenticate, isPacked: true, isVital: true },
  auth2: { handle: authenticateWithKey, isPacked: true, isVital: true },
  'chat message': { handle: postChatMessage },
  typing: { handle: tellOfTyping },
}

/** Takes an event. One that nobody knows is passed over. */
export async function receive(
  terminal: ImkitTerminal,
  name: string,
  values: readonly unknown[],
  door: LiveDoor,
): Promise<void> {
  const event = Object.hasOwn(events, name) ? events[name]! : null
  if (event === null || terminal.isClosed) return
  const acknowledge = values.at(-1)
  const isAsked = typeof acknowledge === 'function'
  try {
    const said = isAsked ? values.slice(0, -1) : values
    const done = event.handle(terminal, said, door)
    // What is done at once is answered at once: clients may wait with the next event for it.
    const result = done instanceof Promise ? await done : done
    answer({ RC: 0, RM: 'OK', result })
  } catch (error) {
    answer(failureOf(error, name, door))
    if (event.isVital && !isAsked) door.terminals.end(terminal, 'unauthorized')
  }

  function answer(envelope: object): void {
    if (!isAsked || terminal.isClosed) return
    acknowledge((event!.isPacked ? terminal.packing : plain).answer(envelope))
  }
}

function failureOf(error: unknown, event: string, { log }: LiveDoor): object {
  const { refusal, isUnexpected } = refusalOf(error)
  // Never what came: it is private.
  if (isUnexpected) log.error({ err: error, event }, 'an event failed unexpectedly')
  const { http, code, message } = refusal
  return { RC: http, RM: message, error: { code, message } }
}
