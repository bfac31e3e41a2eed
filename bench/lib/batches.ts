/**
 * Calls of `batchsendmsg`, prepared as bytes. Each use gets another MsgRandom,
 * written over the old one, so that no call is taken for a retry.
 */
import { postRequest } from './caller.ts'
import { timPath } from './server.ts'

const RANDOM_DIGITS = 10
const RANDOM_MARK = '1000000000'

export interface BatchPoolOptions {
  /** How many different calls to prepare. */
  calls: number
  recipientsPerCall: number
  /** The account of a recipient, by call and ordinal. */
  recipient: (call: number, ordinal: number) => string
  /** Bytes of text in the message. */
  textBytes: number
  sender?: string
  /** Writes an id with an escape, so that the server has to parse all of them as JSON. */
  isEscaped?: boolean
}

export class BatchPool {
  readonly #requests: Buffer[] = []
  readonly #randomAt: number[] = []
  #next = 0
  #random = 1_000_000_000

  constructor(options: BatchPoolOptions) {
    const path = timPath('openim/batchsendmsg')
    const text = 'Your parcel is on its way. '.repeat(64).slice(0, options.textBytes)
    for (let call = 0; call < options.calls; call += 1) {
      const to = Array.from({ length: options.recipientsPerCall }, (_, i) =>
        options.recipient(call, i),
      )
      const body = JSON.stringify({
        SyncOtherMachine: 2,
        ...(options.sender === undefined ? {} : { From_Account: options.sender }),
        To_Account: to,
        MsgRandom: Number(RANDOM_MARK),
        MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }],
      })
      const plain = options.isEscaped
        ? body.replace('To_Account":["u', 'To_Account":["\\u0075')
        : body
      const request = postRequest(path, plain)
      this.#requests.push(request)
      this.#randomAt.push(request.indexOf(`"MsgRandom":${RANDOM_MARK}`) + '"MsgRandom":'.length)
    }
  }

  /** The next request. It is good until the pool has gone round once. */
  next(): Buffer {
    const i = this.#next
    this.#next = (i + 1) % this.#requests.length
    const request = this.#requests[i]!
    this.#random = this.#random === 4_000_000_000 ? 1_000_000_001 : this.#random + 1
    request.write(String(this.#random), this.#randomAt[i]!, RANDOM_DIGITS, 'latin1')
    return request
  }
}
