import type { Route } from '../route.ts'
import { sign, signBare } from './sign.ts'
import { getRandomToken } from './token.ts'

export const authRoutes: readonly Route[] = [signBare, sign, getRandomToken]
