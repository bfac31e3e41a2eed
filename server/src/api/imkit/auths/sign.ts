import { Refusal } from '../answers.ts'
import { clientId } from '../fields.ts'
import { changeClients, clientChange } from '../profile.ts'
import type { Call, Caller, Door, Route } from '../route.ts'
import { endIn, issueToken } from '../tokens.ts'

/** POST /auths/sign/v2: makes a client known, and gives it a token. */
export const sign: Route = {
  method: 'POST',
  path: '/auths/sign/v2',
  access: 'clientKey',
  handle: signToken,
}

/** POST /auths/sign: the same, answered without the envelope. */
export const signBare: Route = {
  method: 'POST',
  path: '/auths/sign',
  access: 'clientKey',
  isBare: true,
  handle: signToken,
}

async function signToken({ caller, body }: Call<Caller>, door: Door) {
  if (caller.kind === 'app' && !door.settings.sandbox) {
    const message = 'only the API key may sign tokens, unless CARILLON_SANDBOX is true'
    throw new Refusal('PERMISSION_DENIED', message)
  }
  const id = clientId(body, 'id')
  const end = endIn({}, door)
  const [account] = await changeClients([clientChange(id, body, 'client')], door)
  const { token, expiresAt } = await issueToken(account!, end, door)
  return {
    authType: 'Standalone JWT',
    token,
    expirationDate: new Date(expiresAt!).toISOString(),
    expirationDateMS: expiresAt,
    id,
    exp: expiresAt! / 1000,
  }
}
