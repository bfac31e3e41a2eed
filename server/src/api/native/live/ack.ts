import type { AckFrame } from '../../../../../wire/frames.ts'
import { Fault } from '../../../domain/errors.ts'
import { cursorOf, positionOf } from '../cursors.ts'
import type { NativeTerminal } from './terminal.ts'

/** The account has received everything up to a cursor; never more than can have been sent to it. */
export function acknowledge(terminal: NativeTerminal, { cursor }: AckFrame): void {
  const { pipeline, views } = terminal.live
  const position = positionOf(cursor, views)
  if (terminal.state === 'resuming' && position > terminal.resumedTo) {
    const sent = cursorOf(terminal.resumedTo, views)
    throw new Fault('invalidCursor', `${cursor} was not sent yet: the resume has got to ${sent}`)
  }
  pipeline.acknowledge(terminal.account, position)
}
