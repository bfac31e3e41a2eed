/**
 * Tokens are taken back, and the devices that go with them are not notified any
 * more: this one is the device of the header `IM-Device-ID`.
 */
import { deviceIdIn } from '../push/subscription.ts'
import type { Call, Client, Door, Route } from '../route.ts'
import { revokedTokens, takeTokens } from '../tokens.ts'

/** POST /me/logout: takes the token in use back. */
export const postLogout: Route = {
  method: 'POST',
  path: '/me/logout',
  access: 'client',
  async handle(call, door) {
    const { account, token } = call.caller
    const device = deviceIdIn(call.headers)
    await removeDevices(call, door, (id) => id === device)
    const mine = door.directory.tokensOf(account).filter((known) => known.token === token)
    return revokedTokens(await takeTokens(account, mine, door))
  },
}

/** POST /me/logout-others: takes every other token of the client back. */
export const postLogoutOthers: Route = {
  method: 'POST',
  path: '/me/logout-others',
  access: 'client',
  async handle(call, door) {
    const { account, token } = call.caller
    const device = deviceIdIn(call.headers)
    await removeDevices(call, door, (id) => id !== device)
    const others = door.directory.tokensOf(account).filter((known) => known.token !== token)
    return revokedTokens(await takeTokens(account, others, door))
  },
}

async function removeDevices(
  { caller: { account } }: Call<Client>,
  { directory, pipeline }: Door,
  isMeant: (id: string) => boolean,
): Promise<void> {
  const meant = directory.devices(account).filter(({ id }) => isMeant(id))
  await Promise.all(meant.map(({ way, id }) => pipeline.removeDevice(way, id, { account })))
}
