/**
 * A client, as it stands in rooms and messages (short), and by itself (full).
 * `clientType` is always there: the web client counts nobody who has none.
 */
import type { Profile } from '../../../domain/account.ts'
import type { Door } from '../route.ts'
import { date } from './dates.ts'

export interface ShortClient {
  _id: string
  id: string
  nickname: string
  avatarUrl: string
  clientType: 'user'
  isRobot: boolean
  lastLoginTimeMS: number
  description?: string
}

function shortClient(
  account: number,
  { id, nick, avatarUrl, attributes }: Profile,
  { logins }: Pick<Door, 'logins'>,
): ShortClient {
  const { isRobot, description } = attributesOf(attributes)
  return {
    _id: id,
    id,
    nickname: nick,
    avatarUrl,
    clientType: 'user',
    isRobot: isRobot === true,
    lastLoginTimeMS: logins.last(account),
    ...(typeof description === 'string' ? { description } : {}),
  }
}

type FullDoor = Pick<Door, 'logins' | 'settings' | 'directory' | 'audience'>

/** With everything that is kept of it. */
export function fullClient(
  profile: Profile,
  door: FullDoor,
): ShortClient & Record<string, unknown> {
  const account = door.directory.number(profile.id)
  const short = shortClient(account, profile, door)
  return {
    mute: [],
    notificationEnabled: true,
    ...attributesOf(profile.attributes),
    ...short,
    ...(short.lastLoginTimeMS === 0 ? {} : date('lastLoginTime', short.lastLoginTimeMS)),
    appID: door.settings.appName,
    isSocketConnected: door.audience.isOpen(account),
    ...date('updatedAt', profile.changedAt),
  }
}

/** The same of an account that has to exist. */
export function clientOf(account: number, door: FullDoor) {
  return fullClient(door.directory.profiles([account])[0]!, door)
}

/** What the doors keep of an account or a conversation, see Profile and Description. */
export function attributesOf(json: string): Record<string, unknown> {
  return json === '' ? {} : JSON.parse(json)
}

/** Looks clients up together, to be asked for one by one: messages of a page share theirs. */
export function lookUpClients(
  accounts: Iterable<number>,
  door: Pick<Door, 'directory' | 'logins'>,
): (account: number) => ShortClient {
  const { directory } = door
  const numbers = [...new Set(accounts)].filter((account) => directory.id(account) !== '')
  const profiles = directory.profiles(numbers)
  const clients = new Map(
    numbers.map((number, i) => [number, shortClient(number, profiles[i]!, door)]),
  )
  return (account) => clients.get(account) ?? UNKNOWN
}

/** Somebody of whom the record is lost: clients need an object all the same. */
const UNKNOWN: ShortClient = {
  _id: '',
  id: '',
  nickname: '',
  avatarUrl: '',
  clientType: 'user',
  isRobot: false,
  lastLoginTimeMS: 0,
}
