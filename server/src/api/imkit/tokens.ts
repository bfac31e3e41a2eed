/**
 * Tokens of clients: made here, or brought by the platform and bound to a
 * client. Either way the directory knows them, and what it does not know is no token.
 */
import { randomBytes } from 'node:crypto'
import { openTokens } from '../../access/tokens.ts'
import type { KnownToken } from '../../engines/directory.ts'
import { Refusal } from './answers.ts'
import { type Fields, optionalTime, text } from './fields.ts'
import { date } from './objects/dates.ts'
import type { Door } from './route.ts'

/** When a client has more, those that were set longest ago are taken back. */
const TOKENS_MAX = 100

const DAY_MS = 86_400_000

/** Makes a token for a client. */
export async function issueToken(
  account: number,
  expiresAt: number,
  door: Door,
): Promise<KnownToken> {
  const [profile] = door.directory.profiles([account])
  const { id, nick, avatarUrl } = profile!
  const expiresAtSeconds = Math.floor(expiresAt / 1000)
  const token = await openTokens(door.secrets.jwtSecret).make(
    {
      account: id,
      issuedAtSeconds: Math.floor(door.now() / 1000),
      expiresAtSeconds,
      serial: randomBytes(12).toString('base64url'),
    },
    { ...(nick ? { nickname: nick } : {}), ...(avatarUrl ? { avatarUrl } : {}) },
  )
  return bindToken(account, token, expiresAtSeconds * 1000, door)
}

/** Makes a token known as this client's, or gives it a new end. */
export async function bindToken(
  account: number,
  token: string,
  expiresAt: number,
  door: Door,
): Promise<KnownToken> {
  const known = await door.pipeline.giveToken(account, token, expiresAt)
  const others = door.directory.tokensOf(account).filter((each) => each.token !== token)
  const superfluous = door.settings.singleToken ? others : surplusOf(others, door.now())
  await takeTokens(account, superfluous, door)
  return known
}

/** Takes tokens back, and ends the terminals that came with them. Those it took. */
export async function takeTokens(
  account: number,
  tokens: readonly KnownToken[],
  { pipeline }: Door,
): Promise<KnownToken[]> {
  if (tokens.length === 0) return []
  return pipeline.takeTokens(
    account,
    tokens.map(({ token }) => token),
  )
}

/** The `token` of a body: it has to fit a header. */
export function tokenIn(body: Fields): string {
  const token = text(body, 'token')
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token
  throw new Refusal(
    'INVALID_REQUEST',
    'token: expected 1 to 4096 visible ASCII characters without spaces',
  )
}

/** The `expirationDate` of a body, or the usual lifetime from now on. With a past one the token has ended. */
export function endIn(body: Fields, { settings, now }: Door): number {
  return optionalTime(body, 'expirationDate') ?? now() + settings.tokenExpirationDays * DAY_MS
}

/** When a token ends, if it does. */
export function expirationOf({ expiresAt }: KnownToken): Record<string, string | number> {
  return expiresAt === null ? {} : date('expirationDate', expiresAt)
}

/** The answer of a call that took tokens back, in both of its published forms. */
export function revokedTokens(taken: readonly KnownToken[]): Record<string, unknown> {
  const data = taken.map((each) => ({
    token: each.token,
    ...date('createdAt', each.createdAt),
    ...date('updatedAt', each.changedAt),
    ...expirationOf(each),
  }))
  const message = `${taken.length} tokens were revoked`
  return { data, totalCount: taken.length, success: true, message, revokedTokens: taken.length }
}

/** Those that have ended, and those beyond what a client may have. */
function surplusOf(tokens: readonly KnownToken[], now: number): KnownToken[] {
  const isOver = ({ expiresAt }: KnownToken) => expiresAt !== null && expiresAt <= now
  const living = tokens.filter((each) => !isOver(each)).sort((a, b) => b.changedAt - a.changedAt)
  return [...tokens.filter(isOver), ...living.slice(TOKENS_MAX - 1)]
}
