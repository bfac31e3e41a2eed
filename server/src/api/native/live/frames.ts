/** From the bytes of a frame that a terminal sent to what it says. */
import type { ClientFrame, ServerFrame } from '../../../../../wire/frames.ts'
import { Fault } from '../../../domain/errors.ts'
import {
  accountId,
  checkFields,
  credential,
  described,
  FieldFault,
  type FieldKinds,
  groupId,
  isObject,
  messageIdKind,
  optional,
  reference,
  shortText,
} from '../fields.ts'

/** What may stand in the frames of a client. Other fields are passed over: a newer client may know more. */
const frames = {
  connect: {
    account: optional(accountId),
    usersig: optional(credential),
    token: optional(credential),
    cursor: optional(messageIdKind),
    platform: optional(shortText(64)),
  },
  ack: { cursor: messageIdKind },
  read: {
    with: optional(accountId),
    group: optional(groupId),
    upTo: optional(messageIdKind),
    ref: optional(reference),
  },
  ping: { ref: optional(reference) },
} as const satisfies Record<ClientFrame['type'], FieldKinds>

const kindsByType = new Map<unknown, FieldKinds>(Object.entries(frames))

/** It is not even JSON: whoever sends this speaks another protocol. */
export class NotJson extends Fault {
  constructor() {
    super('invalidRequest', 'expected a JSON object, but something that is not JSON came')
  }
}

/** Throws NotJson, or a Fault that names what is wrong. */
export function readFrame(bytes: Buffer): ClientFrame {
  const frame = parse(bytes)
  if (!isObject(frame)) throw new FieldFault('frame', 'a JSON object', described(frame))
  const kinds = kindsByType.get(frame.type)
  if (kinds === undefined) {
    throw new FieldFault('type', `one of ${Object.keys(frames).join(', ')}`, described(frame.type))
  }
  checkFields(frame, kinds)
  return frame as unknown as ClientFrame
}

/** The reference of a frame that may be wrong otherwise, so that its error can be told apart. */
export function refOf(bytes: Buffer): number | undefined {
  try {
    const { ref } = parse(bytes) as { ref?: unknown }
    return reference.isOf(ref) ? (ref as number) : undefined
  } catch {
    return undefined
  }
}

export function frameText(frame: ServerFrame): string {
  return JSON.stringify(frame)
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new NotJson()
  }
}
