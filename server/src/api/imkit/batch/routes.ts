import type { Route } from '../route.ts'
import { getBatch } from './batch-of.ts'
import { postBatch } from './send.ts'

export const batchRoutes: readonly Route[] = [postBatch, getBatch]
