import { isObject, unexpected } from '../fields.ts'
import type { LiveDoor } from './events.ts'
import { base64, plain } from './packets.ts'
import type { ImkitTerminal } from './terminal.ts'

/** `conf`: how the socket wants what it hears. It counts from its own acknowledgement on. */
export function configure(
  terminal: ImkitTerminal,
  [options]: readonly unknown[],
  { protocols }: LiveDoor,
): object {
  const encoding = (isObject(options) ? options.encoding : undefined) ?? 'plain'
  if (encoding !== 'plain' && encoding !== 'base64') {
    throw unexpected('encoding', '"base64" or "plain"', encoding)
  }
  terminal.packing = encoding === 'base64' ? base64 : plain
  terminal.protocol = protocols[encoding]
  return { encoding }
}
