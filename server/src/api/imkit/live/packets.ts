/**
 * Socket.IO packets as text, and the two forms in which a socket wants what is
 * in them: plain JSON, or that JSON as UTF-8 in base64, in a string.
 *
 * A payload that many get is packed in two parts: `own` begins the JSON of one of them, `shared`
 * ends that of all and is packed once.
 */
export interface Packing {
  /** An event with one argument. */
  event(name: string, json: string): string

  /**
   * The beginning of an event, up to the last of its own bytes. Text ends where spaces may stand, and
   * is filled up here; bytes are a multiple of `ownStep`.
   */
  begin(name: string, own: Buffer | string): Buffer | string

  /** The rest of it. */
  end(shared: string): Buffer

  /** What an acknowledgement hands over. */
  answer(result: object): unknown

  /** `own` has to be a multiple of so many bytes, for the parts to meet; see `filled`. */
  readonly ownStep: number
}

/** Engine.IO's `message`, Socket.IO's `event`. */
const EVENT = '42'

export const plain: Packing = {
  event: (name, json) => `${EVENT}[${JSON.stringify(name)},${json}]`,
  begin(name, own) {
    const head = `${EVENT}[${JSON.stringify(name)},`
    return typeof own === 'string' ? head + own : Buffer.concat([Buffer.from(head), own])
  },
  end: (shared) => Buffer.from(`${shared}]`),
  answer: (result) => result,
  ownStep: 1,
}

export const base64: Packing = {
  event: (name, json) => `${EVENT}[${JSON.stringify(name)},"${encoded(json)}"]`,
  begin(name, own) {
    const bytes = typeof own === 'string' ? filled(own, this.ownStep) : own
    return `${EVENT}[${JSON.stringify(name)},"${bytes.toString('base64')}`
  },
  end: (shared) => Buffer.from(`${encoded(shared)}"]`, 'latin1'),
  answer: (result) => encoded(JSON.stringify(result)),
  ownStep: 3,
}

/** The bytes of JSON that ends where spaces may stand, filled up to a multiple of `step`. */
export function filled(json: string, step: number): Buffer {
  const bytes = Buffer.byteLength(json)
  return Buffer.from(json + ' '.repeat(roundUp(bytes, step) - bytes))
}

export function roundUp(bytes: number, step: number): number {
  return Math.ceil(bytes / step) * step
}

function encoded(json: string): string {
  return Buffer.from(json).toString('base64')
}
