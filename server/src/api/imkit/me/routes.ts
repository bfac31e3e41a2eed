import type { Route } from '../route.ts'
import { postLogout, postLogoutOthers } from './logout.ts'
import { disableNotification, enableNotification } from './notification.ts'
import { getMe, postMe } from './profile.ts'

export const meRoutes: readonly Route[] = [
  getMe,
  postMe,
  enableNotification,
  disableNotification,
  postLogout,
  postLogoutOthers,
]
