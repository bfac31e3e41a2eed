import type { Route } from '../route.ts'
import { listAround } from './around.ts'
import { countMessages } from './count.ts'
import { putLastRead } from './last-read.ts'
import { listOld } from './list-old.ts'
import { listPinned } from './list-pinned.ts'
import { listV3 } from './list-v3.ts'
import { postRoomMessage } from './post-message.ts'
import { postMessages } from './post-messages.ts'

/** `v3` stands before the ids of messages, which have its place in the path. */
export const messageRoutes: readonly Route[] = [
  postMessages,
  postRoomMessage,
  listV3,
  listOld,
  listAround,
  listPinned,
  countMessages,
  putLastRead,
]
