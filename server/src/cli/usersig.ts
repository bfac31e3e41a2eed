import { Command, InvalidArgumentError } from 'commander'
import { makeUserSig } from '../access/usersig.ts'
import { isAccountId } from '../domain/account.ts'
import { ExitError } from '../lib/exit-codes.ts'
import { knownSecrets } from '../secrets.ts'
import { loadSettings } from '../settings.ts'

interface Options {
  expire: number
  query?: true
  settingsFile?: string
  data?: string
}

export const usersig = new Command('usersig')
  .description('print a UserSig, the credential of an account at the TIM door')
  .argument('<id>', 'account id', readAccountId)
  .option('--expire <seconds>', 'lifetime', readSeconds, 180 * 86_400)
  .option('--query', 'print the whole query of a call instead, signed by this account')
  .option('--settings-file <path>', 'settings file of the server')
  .option('--data <path>', 'data folder of the server, which keeps the generated keys')
  .action((account: string, options: Options) => {
    const settings = loadSettings({ env: process.env, args: settingsArgs(options) })
    const { sdkAppId, secretKey } = knownSecrets(settings)
    if (sdkAppId === undefined || secretKey === undefined) {
      throw new ExitError(
        'configuration',
        `there are no keys in ${settings.data}: start the server once, name its folder with --data, ` +
          'or give CARILLON_SDKAPPID and CARILLON_SECRET_KEY',
      )
    }
    const nowSeconds = Math.floor(Date.now() / 1000)
    const expireSeconds = options.expire
    const sig = makeUserSig({ account, sdkAppId, key: secretKey, nowSeconds, expireSeconds })
    process.stdout.write(`${options.query ? queryOf(account, sdkAppId, sig) : sig}\n`)
  })

function queryOf(account: string, sdkAppId: number, sig: string): string {
  const random = Math.floor(Math.random() * 2 ** 32)
  const caller = `sdkappid=${sdkAppId}&identifier=${encodeURIComponent(account)}&usersig=${sig}`
  return `${caller}&random=${random}&contenttype=json`
}

function settingsArgs({ settingsFile, data }: Options): string[] {
  const args: string[] = []
  if (settingsFile !== undefined) args.push(`--settings-file=${settingsFile}`)
  if (data !== undefined) args.push(`--data=${data}`)
  return args
}

function readAccountId(text: string): string {
  if (isAccountId(text)) return text
  throw new InvalidArgumentError('expected 1 to 128 bytes of UTF-8 without control characters.')
}

const SECONDS_MAX = 4_294_967_295

function readSeconds(text: string): number {
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= SECONDS_MAX) return seconds
  throw new InvalidArgumentError(`expected a whole number of seconds from 1 to ${SECONDS_MAX}.`)
}
