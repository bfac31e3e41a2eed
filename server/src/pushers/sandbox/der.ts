/** As much of DER (ITU-T X.690) as a certificate needs. */

export function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, ...parts)
}

export function setOf(...parts: Buffer[]): Buffer {
  return tagged(0x31, ...parts)
}

/** A number in the fewest bytes, of which the first is below 128. */
export function integer(...bytes: number[]): Buffer {
  return tagged(0x02, Buffer.from(bytes))
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]))
}

export function octets(value: Buffer): Buffer {
  return tagged(0x04, value)
}

export function bits(value: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), value)
}

export function text(value: string): Buffer {
  return tagged(0x0c, Buffer.from(value))
}

/** `20260131235959Z`. */
export function time(value: Date): Buffer {
  const digits = value.toISOString().slice(0, 19).replace(/\D/g, '')
  return tagged(0x18, Buffer.from(`${digits}Z`))
}

/** `1.2.840.10045.4.3.2`. */
export function objectId(name: string): Buffer {
  const [first = 0, second = 0, ...rest] = name.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(baseOf128)]))
}

function baseOf128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}

export function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
