import { makeUserSig } from '../access/usersig.ts'
import type { Secrets } from '../secrets.ts'
import type { Settings } from '../settings.ts'

export interface FirstCallsOptions {
  url: string
  settings: Pick<Settings, 'admins'>
  secrets: Pick<Secrets, 'sdkAppId' | 'secretKey' | 'apiKey'>
  nowSeconds: number
}

/** Calls to paste into a shell, with real keys: two accounts, then a batch to both through each door. */
export function firstCalls({ url, settings, secrets, nowSeconds }: FirstCallsOptions): string {
  const [admin] = settings.admins
  const throughTim =
    admin === undefined ? '' : timCalls(`${url}/v4`, queryOf(admin, secrets, nowSeconds))
  return `
Listening on ${url}
${throughTim}${imkitCalls(url, secrets.apiKey)}
`
}

function timCalls(base: string, query: string): string {
  const call = (command: string, body: object) =>
    `curl ${quoted(`${base}/${command}?${query}`)} \\\n  -d ${quoted(JSON.stringify(body))}`
  return `
Make two accounts, then send both a message (the signature is good for a day):

${call('im_open_login_svc/multiaccount_import', { Accounts: ['u1', 'u2'] })}

${call('openim/batchsendmsg', {
  To_Account: ['u1', 'u2'],
  MsgRandom: 1,
  MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'Hello from all the bells' } }],
})}
`
}

function imkitCalls(url: string, apiKey: string): string {
  const call = (path: string, body: object) =>
    [
      `curl ${quoted(url + path)} \\`,
      `  -H ${quoted(`IM-API-KEY: ${apiKey}`)} -H 'Content-Type: application/json' \\`,
      `  -d ${quoted(JSON.stringify(body))}`,
    ].join('\n')
  return `
Through the IMKIT door, and with a text of its own for each:

${call('/admin/clients/list', { data: [{ _id: 'u1' }, { _id: 'u2' }] })}

${call('/messages/batch', {
  messageType: 'text',
  message: 'Hello $name$, parcel $no$ is on its way',
  paras: [
    { receiver: 'u1', $name$: 'Ann', $no$: 'A-17' },
    { receiver: 'u2', $name$: 'Bob', $no$: 'B-02' },
  ],
})}
`
}

function queryOf(
  admin: string,
  { sdkAppId, secretKey }: FirstCallsOptions['secrets'],
  nowSeconds: number,
): string {
  const usersig = makeUserSig({
    account: admin,
    sdkAppId,
    key: secretKey,
    nowSeconds: Math.floor(nowSeconds),
    expireSeconds: DAY_SECONDS,
  })
  return `sdkappid=${sdkAppId}&identifier=${encodeURIComponent(admin)}&usersig=${usersig}&random=1&contenttype=json`
}

const DAY_SECONDS = 86_400

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
