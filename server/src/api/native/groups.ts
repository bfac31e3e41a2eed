import { Fault } from '../../domain/errors.ts'
import { isGroup, type Peer } from '../../domain/peer.ts'
import type { Directory } from '../../engines/directory.ts'
import type { Views } from '../../views/views.ts'

/** The group that an account names in a field. Only its members know of it. */
export function groupOf(
  field: string,
  id: string,
  account: number,
  { directory, views }: { directory: Directory; views: Pick<Views, 'isMember'> },
): Peer {
  const [peer] = directory.conversation(id) ?? [0]
  if (isGroup(peer) && views.isMember(account, peer)) return peer
  const message = `${field}: the account is a member of no group ${JSON.stringify(id)}`
  throw new Fault('unknownConversation', message)
}
