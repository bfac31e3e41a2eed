/**
 * Calls of both batch endpoints, prepared as bytes. Each use of a TIM call gets
 * another MsgRandom, written over the old one, so that no call is taken for a
 * retry. Texts begin with a stamp, which is written when the call is taken, so that receivers can tell how
 * long a message was on its way.
 */
import { postRequest } from './caller.ts'
import { keys, timPath } from './server.ts'
import { STAMP_MARK, writeStamp } from './stamp.ts'

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
  readonly #stampAt: number[] = []
  #next = 0
  #random = 1_000_000_000

  constructor(options: BatchPoolOptions) {
    const path = timPath('openim/batchsendmsg')
    const text = textOf(options.textBytes)
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
      this.#stampAt.push(request.indexOf(STAMP_MARK))
    }
  }

  /** The next request. It is good until the pool has gone round once. */
  next(): Buffer {
    const i = this.#next
    this.#next = (i + 1) % this.#requests.length
    const request = this.#requests[i]!
    this.#random = this.#random === 4_000_000_000 ? 1_000_000_001 : this.#random + 1
    request.write(String(this.#random), this.#randomAt[i]!, RANDOM_DIGITS, 'latin1')
    writeStamp(request, this.#stampAt[i]!)
    return request
  }
}

/** Calls of `/messages/batch` with the platform's key and two patterns in each entry. */
export class TemplatePool {
  readonly #requests: Buffer[] = []
  readonly #stampAt: number[] = []
  #next = 0

  constructor(options: BatchPoolOptions) {
    const message = `${textOf(options.textBytes - 40)} Dear $name$, your code is $code$.`
    for (let call = 0; call < options.calls; call += 1) {
      const paras = Array.from({ length: options.recipientsPerCall }, (_, i) => ({
        receiver: options.recipient(call, i),
        $name$: `Person ${call * options.recipientsPerCall + i}`,
        $code$: String((call * 7919 + i * 31) % 1_000_000).padStart(6, '0'),
      }))
      const body = JSON.stringify({
        ...(options.sender === undefined ? {} : { sender: options.sender }),
        messageType: 'text',
        message,
        paras,
      })
      const request = postRequest('/messages/batch', body, [`im-api-key: ${keys.CARILLON_API_KEY}`])
      this.#requests.push(request)
      this.#stampAt.push(request.indexOf(STAMP_MARK))
    }
  }

  /** The next request. It is good until the pool has gone round once. */
  next(): Buffer {
    const i = this.#next
    this.#next = (i + 1) % this.#requests.length
    const request = this.#requests[i]!
    writeStamp(request, this.#stampAt[i]!)
    return request
  }
}

function textOf(bytes: number): string {
  return `${STAMP_MARK} ${'Your parcel is on its way. '.repeat(64)}`.slice(0, bytes)
}
