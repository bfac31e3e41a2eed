/**
 * What a body says of a client. Names and pictures are known to every door;
 * the rest is kept as the account's attributes. Only what is sent changes.
 */
import { PROFILE_FIELD_BYTES_MAX, type Profile } from '../../domain/account.ts'
import { Turns } from '../../pipeline/turns.ts'
import { type Fields, unexpected } from './fields.ts'
import { attributesOf } from './objects/client.ts'
import type { Door } from './route.ts'

export interface ClientChange {
  id: string
  nick: string | undefined
  avatarUrl: string | undefined
  attributes: Record<string, unknown>
}

/** What a client may say of itself. */
const ownKinds = {
  description: textOf(2000),
  email: textOf(500),
  publicKey: textOf(8192),
}

/** What the platform may say of a client. */
const kinds = {
  ...ownKinds,
  userAgent: textOf(500),
  country: textOf(500),
  city: textOf(500),
  isRobot: { expected: 'true or false', isOf: isFlag },
  notificationEnabled: { expected: 'true or false', isOf: isFlag },
}

/**
 * The change that a body makes to the client `id`. Fields that nobody knows are dropped. `where`:
 * what stands before their names in a fault.
 */
export function clientChange(
  id: string,
  body: Fields,
  by: 'platform' | 'client',
  where = '',
): ClientChange {
  const attributes: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(by === 'platform' ? kinds : ownKinds)) {
    const value = checked(body, name, kind, where)
    if (value !== undefined) attributes[name] = value
  }
  requireUser(body, where)
  return {
    id,
    nick: checked(body, 'nickname', shortText, where) as string | undefined,
    avatarUrl: checked(body, 'avatarUrl', shortText, where) as string | undefined,
    attributes,
  }
}

/** Attributes are kept as one text, so two changes of them must not overlap. */
const turns = new Turns()

/** Makes clients known, or changes them. Their numbers, in the order of the call. */
export async function changeClients(
  changes: readonly ClientChange[],
  door: Door,
): Promise<Uint32Array> {
  const isPlain = changes.every(({ attributes }) => Object.keys(attributes).length === 0)
  if (isPlain) return importClients(changes, door)
  return turns.take('attributes', () => importClients(changes, door))
}

/**
 * Changes attributes by what they are: `change` gives those that become different, null: none. False:
 * nothing changed.
 */
export async function changeAttributes(
  id: string,
  door: Door,
  change: (before: Record<string, unknown>) => Record<string, unknown> | null,
): Promise<boolean> {
  return turns.take('attributes', async () => {
    const { attributes } = profileOf(id, door.directory)!
    const changed = change(attributesOf(attributes))
    if (changed === null) return false
    await importClients([{ id, nick: undefined, avatarUrl: undefined, attributes: changed }], door)
    return true
  })
}

async function importClients(
  changes: readonly ClientChange[],
  { pipeline, directory }: Door,
): Promise<Uint32Array> {
  const merged = new Map<string, Record<string, unknown>>()
  const accounts = changes.map(({ id, nick, avatarUrl, attributes: sent }) => {
    if (Object.keys(sent).length === 0) return { id, nick, avatarUrl }
    const before = merged.get(id) ?? attributesOf(profileOf(id, directory)?.attributes ?? '')
    const attributes = { ...before, ...sent }
    merged.set(id, attributes)
    return { id, nick, avatarUrl, attributes: JSON.stringify(attributes) }
  })
  return (await pipeline.importAccounts(accounts)).numbers
}

function profileOf(id: string, directory: Door['directory']): Profile | undefined {
  return directory.profiles([directory.number(id)])[0]
}

interface Kind {
  expected: string
  isOf(value: unknown): boolean
}

const shortText = textOf(PROFILE_FIELD_BYTES_MAX)

function textOf(bytesMax: number): Kind {
  return {
    expected: `a string of at most ${bytesMax} bytes of UTF-8`,
    isOf: (value) => typeof value === 'string' && Buffer.byteLength(value) <= bytesMax,
  }
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}

function checked(body: Fields, name: string, { expected, isOf }: Kind, where: string): unknown {
  const value = body[name] ?? undefined
  if (value === undefined || isOf(value)) return value
  throw unexpected(`${where}${name}`, expected, value)
}

/** A client that stands for a group of them is something else. */
function requireUser({ clientType = 'user' }: Fields, where: string): void {
  if (clientType !== 'user' && clientType !== null) {
    throw unexpected(`${where}clientType`, '"user"', clientType)
  }
}
