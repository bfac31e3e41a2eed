/**
 * /blockStatus/my: whom a client does not want to hear from. Neither of the
 * two can send to the other then. Their direct room is made with the block, if there is none.
 */
import { conversationOf } from '../../../domain/peer.ts'
import { Refusal } from '../answers.ts'
import { accountOf } from '../clients.ts'
import { lookUpClients, type ShortClient } from '../objects/client.ts'
import { date } from '../objects/dates.ts'
import type { Client, Door, Route } from '../route.ts'
import { describePair } from './create.ts'

const path = '/blockStatus/my/:blockee'

export const postBlock: Route = {
  method: 'POST',
  path,
  access: 'client',
  async handle({ caller, params }, door) {
    const blockee = accountOf('blockee', params.blockee!, door)
    if (blockee === caller.account) {
      throw new Refusal('SELF_BLOCK_FORBIDDEN', 'blockee: expected somebody else')
    }
    const pair = conversationOf(caller.account, blockee)
    const isSpoken = door.index.copies(caller.account, blockee) > 0
    if (!isSpoken && door.directory.described(pair) === null) await describePair(pair, door)
    if (!(await door.pipeline.block(caller.account, blockee, true))) {
      throw new Refusal(
        'USER_ALREADY_BLOCKED',
        `${JSON.stringify(params.blockee)} is blocked already`,
      )
    }
    return blocksBy(caller, door).find((block) => block.blockee.id === params.blockee)
  },
}

export const deleteBlock: Route = {
  method: 'DELETE',
  path,
  access: 'client',
  async handle({ caller, params }, door) {
    const blockee = accountOf('blockee', params.blockee!, door)
    const block = blocksBy(caller, door).find(({ blockee: { id } }) => id === params.blockee)
    if (!(await door.pipeline.block(caller.account, blockee, false)) || block === undefined) {
      throw new Refusal('BLOCK_NOT_FOUND', `${JSON.stringify(params.blockee)} is not blocked`)
    }
    return block
  },
}

export const getBlocks: Route = {
  method: 'GET',
  path: '/blockStatus/my',
  access: 'client',
  async handle({ caller }, door) {
    const data = blocksBy(caller, door)
    return { totalCount: data.length, data }
  },
}

interface BlockObject {
  appID: string
  blockee: ShortClient
  blocker: string
  room: string
}

function blocksBy({ account, id }: Client, door: Door): BlockObject[] {
  const { directory, conversationIds, settings } = door
  const blocks = directory.blockedBy(account)
  const blocked = blocks.map((block) => block.account)
  const client = lookUpClients(blocked, door)
  return blocks.map((block) => ({
    appID: settings.appName,
    blockee: client(block.account),
    blocker: id,
    room: conversationIds.of(conversationOf(account, block.account)),
    ...date('createdAt', block.since),
    ...date('updatedAt', block.since),
  }))
}
