import { Command } from 'commander'
import { newVapidKeys } from '../pushers/web-push/vapid.ts'

export const vapid = new Command('vapid')
  .description('make a pair of keys for Web Push, and print it as settings')
  .action(() => {
    const { publicKey, privateKey } = newVapidKeys()
    process.stdout.write(
      `CARILLON_WEB_PUSH_PUBLIC_KEY=${publicKey}\nCARILLON_WEB_PUSH_PRIVATE_KEY=${privateKey}\n`,
    )
  })
