import { makeUserSig } from '../access/usersig.ts'
import type { Secrets } from '../secrets.ts'
import type { Settings } from '../settings.ts'

export interface FirstCallsOptions {
  url: string
  settings: Pick<Settings, 'admins'>
  secrets: Pick<Secrets, 'sdkAppId' | 'secretKey'>
  nowSeconds: number
}

/** Calls to paste into a shell, with real keys: two accounts, then one batch to both. */
export function firstCalls({ url, settings, secrets, nowSeconds }: FirstCallsOptions): string {
  const [admin] = settings.admins
  if (admin === undefined) return `\nListening on ${url}\n`
  const { sdkAppId, secretKey } = secrets
  const usersig = makeUserSig({
    account: admin,
    sdkAppId,
    key: secretKey,
    nowSeconds: Math.floor(nowSeconds),
    expireSeconds: DAY_SECONDS,
  })
  const query = `sdkappid=${sdkAppId}&identifier=${encodeURIComponent(admin)}&usersig=${usersig}&random=1&contenttype=json`
  const call = (command: string, body: object) =>
    `curl ${quoted(`${url}/v4/${command}?${query}`)} \\\n  -d ${quoted(JSON.stringify(body))}`

  return `
Listening on ${url}

Make two accounts, then send both a message (the signature is good for a day):

${call('im_open_login_svc/multiaccount_import', { Accounts: ['u1', 'u2'] })}

${call('openim/batchsendmsg', {
  To_Account: ['u1', 'u2'],
  MsgRandom: 1,
  MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'Hello from all the bells' } }],
})}

`
}

const DAY_SECONDS = 86_400

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
