import type { ReadFrame } from '../../../../../wire/frames.ts'
import { NOBODY } from '../../../domain/account.ts'
import { Fault } from '../../../domain/errors.ts'
import { positionOf } from '../cursors.ts'
import type { NativeTerminal } from './terminal.ts'

/** Marks a conversation read. Answered when that is durable; the event `read` comes before. */
export function read(terminal: NativeTerminal, { with: id, upTo, ref }: ReadFrame): void {
  const { directory, pipeline, views } = terminal.live
  const position = upTo === undefined ? null : positionOf(upTo, views)
  const peer = directory.number(id)
  if (peer === NOBODY) {
    terminal.fail(
      new Fault('unknownAccount', `with: there is no account ${JSON.stringify(id)}`),
      ref,
    )
    return
  }
  pipeline.markRead(terminal.account, peer, position).then(
    () => terminal.sayInOrder(ref === undefined ? { type: 'done' } : { type: 'done', ref }),
    (error) => terminal.fail(error, ref),
  )
}
