import type { Route } from '../route.ts'
import { postClient } from './client.ts'
import { getClient } from './client-of.ts'
import { deleteToken, putToken } from './client-token.ts'
import { getClients } from './clients.ts'
import { postClients } from './clients-list.ts'

export const adminRoutes: readonly Route[] = [
  postClient,
  postClients,
  getClient,
  getClients,
  putToken,
  deleteToken,
]
