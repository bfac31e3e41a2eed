/**
 * A peer is the other side of a conversation, as one account sees it: another
 * account by its number, or a group by its negative number. Account and group
 * numbers both rise from 1, so 0 is neither.
 */
export type Peer = number

/** 2^31 - 1, as of accounts. */
export const GROUP_NUMBER_MAX = 0x7fffffff

export function isGroup(peer: Peer): boolean {
  return peer < 0
}

/** A group by its number as a peer, and back. */
export function groupPeer(group: number): Peer {
  return -group
}

/**
 * A conversation by itself: the two accounts of a pair, the lower number first, or the peer of a
 * group and 0.
 */
export type ConversationKey = readonly [first: number, second: number]

export function conversationOf(account: number, peer: Peer): ConversationKey {
  if (isGroup(peer)) return [peer, 0]
  return account < peer ? [account, peer] : [peer, account]
}

/** The conversation as a member of it sees it. */
export function peerIn([first, second]: ConversationKey, account: number): Peer {
  if (isGroup(first)) return first
  return first === account ? second : first
}
