/** Every route of this door. */
import { adminRoutes } from './admin/routes.ts'
import { authRoutes } from './auths/routes.ts'
import { badgeRoutes } from './badges/routes.ts'
import { batchRoutes } from './batch/routes.ts'
import { meRoutes } from './me/routes.ts'
import { messageRoutes } from './messages/routes.ts'
import { pushRoutes } from './push/routes.ts'
import { roomRoutes } from './rooms/routes.ts'
import type { Route } from './route.ts'

export const routes: readonly Route[] = [
  ...adminRoutes,
  ...authRoutes,
  ...badgeRoutes,
  ...batchRoutes,
  ...meRoutes,
  ...messageRoutes,
  ...pushRoutes,
  ...roomRoutes,
]
