/** POST /me/notification/enable and …/disable: whether the client is notified at all. */
import { clientOf } from '../objects/client.ts'
import { changeAttributes } from '../profile.ts'
import type { Route } from '../route.ts'

export const enableNotification = switchOf('/me/notification/enable', true)
export const disableNotification = switchOf('/me/notification/disable', false)

function switchOf(path: string, notificationEnabled: boolean): Route {
  return {
    method: 'POST',
    path,
    access: 'client',
    async handle({ caller }, door) {
      await changeAttributes(caller.id, door, (before) =>
        (before.notificationEnabled ?? true) === notificationEnabled
          ? null
          : { notificationEnabled },
      )
      return clientOf(caller.account, door)
    },
  }
}
