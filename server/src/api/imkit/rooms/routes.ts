import type { Route } from '../route.ts'
import { addOne, addSeveral } from './add-members.ts'
import { deleteBlock, getBlocks, postBlock } from './blocks.ts'
import { createAndJoin } from './create-and-join.ts'
import { createRoom } from './create-room.ts'
import { deleteOne, deleteSeveral } from './delete-members.ts'
import { getRoom } from './get-room.ts'
import {
  cancelInvitations,
  declineInvitation,
  myInvitations,
  roomInvitations,
} from './invitations.ts'
import { joinRoom } from './join-room.ts'
import { listRooms } from './list-rooms.ts'
import { roomExists } from './room-exists.ts'
import { roomIds } from './room-ids.ts'
import { postTyping } from './typing.ts'
import { updateBot, updateRoom } from './update-room.ts'

export const roomRoutes: readonly Route[] = [
  createRoom,
  createAndJoin,
  listRooms,
  roomIds,
  getRoom,
  roomExists,
  updateRoom,
  updateBot,
  joinRoom,
  addSeveral,
  addOne,
  deleteSeveral,
  deleteOne,
  myInvitations,
  roomInvitations,
  declineInvitation,
  cancelInvitations,
  postTyping,
  postBlock,
  deleteBlock,
  getBlocks,
]
