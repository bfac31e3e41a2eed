import { isIP } from 'node:net'
import { isAccountId } from './domain/account.ts'

/** A kind of setting: how its text is read, and how that is said to people. */
export interface Kind<Value> {
  /** Stands for the value in the help: `--port NUMBER`. */
  placeholder: string
  /** Ends the sentence "expected …". */
  expected: string
  /** The value, or undefined for a text that is not of this kind. The text is trimmed and not empty. */
  parse(text: string): Value | undefined
}

export type ValueOf<K> = K extends Kind<infer Value> ? Value : never

/** A whole number within limits. The unit is said in both of its sentences. */
export function whole(min: number, max: number, unit?: string): Kind<number> {
  return {
    placeholder: unit ? unit.toUpperCase() : 'NUMBER',
    expected: `a whole number${unit ? ` of ${unit}` : ''} from ${min} to ${max}`,
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

export function choice<const Value extends string>(...values: Value[]): Kind<Value> {
  return {
    placeholder: values.join('|'),
    expected: oneOf(values),
    parse: (text) => values.find((value) => value === text),
  }
}

const yes = ['true', '1', 'yes']
const no = ['false', '0', 'no']

export const yesOrNo: Kind<boolean> = {
  placeholder: 'BOOLEAN',
  expected: 'true or false (1 or 0, yes or no)',
  parse(text) {
    const word = text.toLowerCase()
    return yes.includes(word) ? true : no.includes(word) ? false : undefined
  },
}

/** Free text of one line. Secrets are of this kind: the doors compare them as they stand. */
export const text: Kind<string> = {
  placeholder: 'TEXT',
  expected: '1 to 1024 characters without control characters',
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  parse: (given) => (/^[^\u0000-\u001f\u007f]{1,1024}$/.test(given) ? given : undefined),
}

/** A credential that travels in a header. */
export const headerText: Kind<string> = {
  placeholder: 'TEXT',
  expected: '1 to 1024 visible ASCII characters without spaces',
  parse: (given) => (/^[\x21-\x7e]{1,1024}$/.test(given) ? given : undefined),
}

export const host: Kind<string> = {
  placeholder: 'ADDRESS',
  expected: 'an IP address or a host name',
  parse: (given) =>
    isIP(given) || /^(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(given) ? given : undefined,
}

export const path: Kind<string> = {
  placeholder: 'PATH',
  expected: 'a path',
  parse: (given) => (given.includes('\0') ? undefined : given),
}

export const accountId: Kind<string> = {
  placeholder: 'ID',
  expected: 'an account id (1 to 128 bytes of UTF-8 without control characters)',
  parse: (given) => (isAccountId(given) ? given : undefined),
}

/** `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export const addressRange: Kind<string> = {
  placeholder: 'RANGE',
  expected: 'an IP address or a range such as 10.0.0.0/8',
  parse(given) {
    const [address = '', bits, ...rest] = given.split('/')
    const version = isIP(address)
    if (version === 0 || rest.length > 0) return undefined
    if (bits === undefined) return given
    const bitsMax = version === 4 ? 32 : 128
    return /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax ? given : undefined
  },
}

/** `https://app.example`, as browsers write it; `*` for any. */
export const origin: Kind<string> = {
  placeholder: 'ORIGIN',
  expected: '* or an origin such as https://app.example',
  parse: (given) => (given === '*' || originOf(given) === given ? given : undefined),
}

function originOf(given: string): string | undefined {
  return URL.canParse(given) ? new URL(given).origin : undefined
}

/** `https://api.push.apple.com`: of a provider. */
export const httpsOrigin: Kind<string> = {
  placeholder: 'ORIGIN',
  expected: 'an https origin such as https://push.example',
  parse: (given) => (given.startsWith('https://') && originOf(given) === given ? given : undefined),
}

/** Where a hook listens. May hold a name and a password. */
export const httpUrl: Kind<string> = {
  placeholder: 'URL',
  expected: 'a URL that begins with https:// or http://',
  parse: (given) => (/^https?:\/\//i.test(given) && URL.canParse(given) ? given : undefined),
}

/** Where whoever receives our pushes can find us (RFC 8292, section 2.1). */
export const contact: Kind<string> = {
  placeholder: 'CONTACT',
  expected: 'mailto: and an address, or an https URL',
  parse: (given) =>
    /^mailto:[^\s@]+@[^\s@]+$|^https:\/\/\S+$/i.test(given) && URL.canParse(given)
      ? given
      : undefined,
}

export const timCommand: Kind<string> = {
  placeholder: 'COMMAND',
  expected: 'a TIM command such as openim/batchsendmsg',
  parse: (given) => (/^[a-z0-9_]+\/[a-z0-9_]+$/i.test(given) ? given : undefined),
}

/** Where everything is kept. The URL of a database is none of these yet. */
export const store: Kind<'memory' | 'embedded'> = {
  ...choice('memory', 'embedded'),
  expected: 'memory or embedded; PostgreSQL comes later',
}

/** Days after which messages are deleted. To take a number and keep everything would be a lie. */
export const retention: Kind<0> = {
  placeholder: 'DAYS',
  expected: '0, which keeps messages for ever; deleting old ones comes later',
  parse: (given) => (given === '0' ? 0 : undefined),
}

/** Items between commas, trimmed; repeated ones are kept once. */
export function listOf<Value>(item: Kind<Value>): Kind<readonly Value[]> {
  return {
    placeholder: `${item.placeholder},…`,
    expected: `a comma list, each item ${item.expected}`,
    parse(given) {
      const values = new Set<Value>()
      for (const part of given.split(',')) {
        const trimmed = part.trim()
        if (trimmed === '') continue
        const value = item.parse(trimmed)
        if (value === undefined) return undefined
        values.add(value)
      }
      return Object.freeze([...values])
    },
  }
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
