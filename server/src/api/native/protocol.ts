/**
 * A batch in the words of the native protocol: one frame for all its receivers,
 * and one more where the sender is among them.
 */
import type { Batch } from '../../domain/batch.ts'
import { idPrefix, idSuffix } from '../../domain/message-id.ts'
import { ORDINALS_MAX } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import { type Frame, NumberedFrame, PlainFrame } from '../../gateway/frame.ts'
import type { Encoding, Protocol } from '../../gateway/protocol.ts'
import { afterIdJson, contentJson, isCounted } from './message-json.ts'

export const MESSAGE_TYPE = '"type":"message",'

export interface NativeProtocolOptions {
  generation: number
  /** The id of an account number. */
  idOf: (account: number) => string
}

export function openNativeProtocol(options: NativeProtocolOptions): Protocol {
  return {
    begin: (stored) => new NativeEncoding(stored, options),
    event: (json) => new PlainFrame(json),
  }
}

class NativeEncoding implements Encoding {
  readonly #stored: Stored<Batch>
  readonly #prefix: string
  readonly #from: string
  #frame: Frame | null = null
  /** A copy to oneself is never counted. */
  #frameToSelf: Frame | null = null

  constructor(stored: Stored<Batch>, { generation, idOf }: NativeProtocolOptions) {
    this.#stored = stored
    this.#prefix = idPrefix(generation, stored.place)
    this.#from = idOf(stored.record.sender)
  }

  copy(account: number): Frame {
    return account === this.#stored.record.sender
      ? (this.#frameToSelf ??= this.#make(account))
      : (this.#frame ??= this.#make(account))
  }

  /** One event for the whole batch, in place of an echo of each copy. */
  echo(): Frame {
    const { time, record } = this.#stored
    const count = record.recipients.reduce((sum, recipient) => sum + (recipient === 0 ? 0 : 1), 0)
    const id = this.#prefix + idSuffix(0)
    // It comes after the copies that the sender itself receives, so it may pass all of them.
    const cursor = this.#prefix + idSuffix(ORDINALS_MAX - 1)
    return new PlainFrame(
      `{"type":"sent","id":"${id}","time":${time},"count":${count}` +
        `,"content":${contentJson(record.content)},"cursor":"${cursor}"}`,
    )
  }

  #make(account: number): Frame {
    const before = `{${MESSAGE_TYPE}"id":"${this.#prefix}${idSuffix(0)}`
    const names = { with: this.#from, from: this.#from }
    const after = afterIdJson(this.#stored, names, isCounted(this.#stored.record, account))
    return new NumberedFrame(before + after, before.length)
  }
}
