import type { Route } from '../route.ts'
import { deleteClientMute, deleteMute, postClientMute, postMute } from './mute-routes.ts'
import { pushToClients, pushToTokens } from './push-to.ts'
import { subscribe, unsubscribe } from './subscription.ts'

export const pushRoutes: readonly Route[] = [
  subscribe,
  unsubscribe,
  postMute,
  deleteMute,
  postClientMute,
  deleteClientMute,
  pushToClients,
  pushToTokens,
]
