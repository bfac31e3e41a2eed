import { logLevels } from './lib/log.ts'
import {
  accountId,
  addressRange,
  choice,
  headerText,
  host,
  type Kind,
  listOf,
  origin,
  path,
  retention,
  store,
  text,
  timCommand,
  whole,
  yesOrNo,
} from './settings-kinds.ts'

/** One setting. The default `null` says that there is no value until one is given. */
export interface SettingRow {
  name: `CARILLON_${string}`
  kind: Kind<unknown>
  default: unknown
  /** Where it matters. */
  section: Section
  meaning: string
  /** The value never appears in errors, logs or help. */
  secret?: true
}

export const sections = {
  listening: 'Listening',
  storage: 'Storage',
  keys: 'Keys',
  accounts: 'Accounts',
  tim: 'TIM door',
  imkit: 'IMKIT door',
  delivery: 'Delivery',
} as const

export type Section = keyof typeof sections

const GIB = 2 ** 30

/**
 * Every setting there is. The environment, the flags, the settings file, the
 * help and the manual are all read off this table.
 */
export const settingsTable = {
  host: {
    name: 'CARILLON_HOST',
    kind: host,
    default: '127.0.0.1',
    section: 'listening',
    meaning: 'address to listen on; 0.0.0.0 or :: for every one of the machine',
  },
  port: {
    name: 'CARILLON_PORT',
    kind: whole(0, 65535),
    default: 3100,
    section: 'listening',
    meaning: 'one port for HTTP, WebSocket, Socket.IO and the console; 0 takes any free one',
  },
  tlsCert: {
    name: 'CARILLON_TLS_CERT',
    kind: path,
    default: null,
    section: 'listening',
    meaning: 'PEM file with the certificate chain; together with the key it serves HTTPS and WSS',
  },
  tlsKey: {
    name: 'CARILLON_TLS_KEY',
    kind: path,
    default: null,
    section: 'listening',
    meaning: 'PEM file with the private key of the certificate',
  },
  connectionsMax: {
    name: 'CARILLON_CONNECTIONS_MAX',
    kind: whole(1, 10_000_000),
    default: 100_000,
    section: 'listening',
    meaning: 'native terminals connected at once; one more is refused and told to try again',
  },
  log: {
    name: 'CARILLON_LOG',
    kind: choice(...logLevels),
    default: 'info',
    section: 'listening',
    meaning: 'least level of the log lines on standard output',
  },
  settingsFile: {
    name: 'CARILLON_SETTINGS_FILE',
    kind: path,
    default: null,
    section: 'listening',
    meaning: 'file with more settings, one NAME=VALUE a line',
  },

  data: {
    name: 'CARILLON_DATA',
    kind: path,
    default: './data',
    section: 'storage',
    meaning: 'folder of the embedded store, made when it is missing',
  },
  store: {
    name: 'CARILLON_STORE',
    kind: store,
    default: 'embedded',
    section: 'storage',
    meaning: 'where everything is kept; memory forgets all of it when the server stops',
  },
  retentionDays: {
    name: 'CARILLON_RETENTION_DAYS',
    kind: retention,
    default: 0,
    section: 'storage',
    meaning:
      'age at which messages are deleted; 0 = keep them for ever, which is all there is so far',
  },
  diskReserveMb: {
    name: 'CARILLON_DISK_RESERVE_MB',
    kind: whole(0, 1_000_000_000, 'MB'),
    default: 256,
    section: 'storage',
    meaning: 'calls that would be stored are refused while less than this is free; 0 = off',
  },
  checkpointEntries: {
    name: 'CARILLON_CHECKPOINT_ENTRIES',
    kind: whole(1000, 1_000_000_000, 'entries'),
    default: 8_000_000,
    section: 'storage',
    meaning: 'entries applied between two checkpoints of the index; fewer make a faster start',
  },
  segmentBytes: {
    name: 'CARILLON_SEGMENT_BYTES',
    kind: whole(4096, GIB, 'bytes'),
    default: 67_108_864,
    section: 'storage',
    meaning: 'size at which the journal begins its next file',
  },

  sdkAppId: {
    name: 'CARILLON_SDKAPPID',
    kind: whole(1, 4_294_967_295),
    default: null,
    section: 'keys',
    meaning: 'TIM app id',
  },
  secretKey: {
    name: 'CARILLON_SECRET_KEY',
    kind: text,
    default: null,
    section: 'keys',
    meaning: 'TIM key that UserSigs are made and checked with',
    secret: true,
  },
  apiKey: {
    name: 'CARILLON_API_KEY',
    kind: headerText,
    default: null,
    section: 'keys',
    meaning: 'platform key: whoever holds it may do everything at the IMKIT and native doors',
    secret: true,
  },
  clientKey: {
    name: 'CARILLON_CLIENT_KEY',
    kind: headerText,
    default: null,
    section: 'keys',
    meaning: 'IMKIT client key, which apps send beside the token of their user',
    secret: true,
  },
  jwtSecret: {
    name: 'CARILLON_JWT_SECRET',
    kind: text,
    default: null,
    section: 'keys',
    meaning: 'signs the tokens of clients',
    secret: true,
  },

  admins: {
    name: 'CARILLON_ADMINS',
    kind: listOf(accountId),
    default: ['administrator'],
    section: 'accounts',
    meaning: 'accounts that may call the TIM door; imported at start',
  },
  blockedAccounts: {
    name: 'CARILLON_BLOCKED_ACCOUNTS',
    kind: listOf(accountId),
    default: [],
    section: 'accounts',
    meaning: 'accounts that can neither call nor connect, at any door',
  },
  accountsMax: {
    name: 'CARILLON_ACCOUNTS_MAX',
    kind: whole(0, 2_147_483_647),
    default: 0,
    section: 'accounts',
    meaning: 'accounts that can be imported; 0 = off',
  },

  timAppEnabled: {
    name: 'CARILLON_TIM_APP_ENABLED',
    kind: yesOrNo,
    default: true,
    section: 'tim',
    meaning: 'when false, every TIM call is answered that the app is disabled',
  },
  timDisabledCommands: {
    name: 'CARILLON_TIM_DISABLED_COMMANDS',
    kind: listOf(timCommand),
    default: [],
    section: 'tim',
    meaning: 'commands that are switched off, such as openim/batchsendmsg',
  },
  timAllowedIps: {
    name: 'CARILLON_TIM_ALLOWED_IPS',
    kind: listOf(addressRange),
    default: [],
    section: 'tim',
    meaning: 'addresses and ranges that may call; empty = all',
  },
  timCallsPerSecond: {
    name: 'CARILLON_TIM_CALLS_PER_SECOND',
    kind: whole(0, 1_000_000, 'calls'),
    default: 200,
    section: 'tim',
    meaning:
      'rate of batchsendmsg; the documented rate of each other command scales with it; 0 = off',
  },
  timAppCallsPerSecond: {
    name: 'CARILLON_TIM_APP_CALLS_PER_SECOND',
    kind: whole(0, 1_000_000, 'calls'),
    default: 0,
    section: 'tim',
    meaning: 'rate of all commands together; 0 = off',
  },
  timRecipientsPerMinute: {
    name: 'CARILLON_TIM_RECIPIENTS_PER_MINUTE',
    kind: whole(0, 1_000_000_000, 'recipients'),
    default: 0,
    section: 'tim',
    meaning: 'recipients of batchsendmsg in a minute; 0 = off',
  },
  timFailedSignaturesPerMinute: {
    name: 'CARILLON_TIM_FAILED_SIGNATURES_PER_MINUTE',
    kind: whole(0, 1_000_000, 'calls'),
    default: 0,
    section: 'tim',
    meaning: 'wrong UserSigs that one address may send in a minute before it has to wait; 0 = off',
  },
  timMessageBytes: {
    name: 'CARILLON_TIM_MESSAGE_BYTES',
    kind: whole(1, 262_144, 'bytes'),
    default: 8192,
    section: 'tim',
    meaning: 'largest message: MsgBody as compact JSON and CloudCustomData together',
  },
  timRoamingDays: {
    name: 'CARILLON_TIM_ROAMING_DAYS',
    kind: whole(0, 36_500, 'days'),
    default: 7,
    section: 'tim',
    meaning: 'how far back the history of this door reaches; nothing is deleted by it; 0 = off',
  },
  timUnreadMax: {
    name: 'CARILLON_TIM_UNREAD_MAX',
    kind: whole(0, 1_000_000_000, 'messages'),
    default: 100,
    section: 'tim',
    meaning: 'most unread messages that this door shows of one conversation; 0 = off',
  },
  timConversationsMax: {
    name: 'CARILLON_TIM_CONVERSATIONS_MAX',
    kind: whole(0, 1_000_000_000, 'conversations'),
    default: 100,
    section: 'tim',
    meaning: 'most conversations that this door lists for one account; 0 = off',
  },
  timLenientPushInfo: {
    name: 'CARILLON_TIM_LENIENT_PUSH_INFO',
    kind: yesOrNo,
    default: false,
    section: 'tim',
    meaning: 'when true, a malformed OfflinePushInfo is ignored and not an error',
  },

  corsOrigins: {
    name: 'CARILLON_CORS_ORIGINS',
    kind: listOf(origin),
    default: ['*'],
    section: 'imkit',
    meaning: 'origins whose pages may call from a browser; * = all',
  },
  platformApiSources: {
    name: 'CARILLON_PLATFORM_API_SOURCES',
    kind: listOf(addressRange),
    default: [],
    section: 'imkit',
    meaning: 'addresses and ranges that may call with the API key; empty = all',
  },
  tokenExpirationDays: {
    name: 'CARILLON_TOKEN_EXPIRATION_DAYS',
    kind: whole(1, 3650, 'days'),
    default: 7,
    section: 'imkit',
    meaning: 'lifetime of a token for which nobody named an end',
  },
  singleToken: {
    name: 'CARILLON_SINGLE_TOKEN',
    kind: yesOrNo,
    default: false,
    section: 'imkit',
    meaning: 'when true, a new token of a client takes its others back',
  },
  sandbox: {
    name: 'CARILLON_SANDBOX',
    kind: yesOrNo,
    default: false,
    section: 'imkit',
    meaning: 'when true, the client key alone signs tokens for anybody; for development only',
  },
  imkitMessageBytes: {
    name: 'CARILLON_IMKIT_MESSAGE_BYTES',
    kind: whole(1, 1_048_576, 'bytes'),
    default: 65_536,
    section: 'imkit',
    meaning:
      'largest message: its fields as compact JSON, with the values of the template filled in',
  },
  adminClient: {
    name: 'CARILLON_ADMIN_CLIENT',
    kind: accountId,
    default: 'admin',
    section: 'imkit',
    meaning: 'sender of an IMKIT call by API key that names none',
  },
  strictReceivers: {
    name: 'CARILLON_STRICT_RECEIVERS',
    kind: yesOrNo,
    default: false,
    section: 'imkit',
    meaning: 'when true, one unknown receiver refuses the whole IMKIT batch and not only its entry',
  },
  imkitCallsPerMinute: {
    name: 'CARILLON_IMKIT_CALLS_PER_MINUTE',
    kind: whole(0, 60_000_000, 'calls'),
    default: 0,
    section: 'imkit',
    meaning: 'rate of one key; 0 = off',
  },
  batchEntriesMax: {
    name: 'CARILLON_BATCH_ENTRIES_MAX',
    kind: whole(1, 1_000_000, 'entries'),
    default: 5000,
    section: 'imkit',
    meaning: 'most entries of one batch; a TIM call has at most 500',
  },
  bodyBytesMax: {
    name: 'CARILLON_BODY_BYTES_MAX',
    kind: whole(1024, GIB, 'bytes'),
    default: 4_194_304,
    section: 'imkit',
    meaning: 'largest body of a call; that of a TIM call is at most 262144',
  },

  socketConnectionLimit: {
    name: 'CARILLON_SOCKET_CONNECTION_LIMIT',
    kind: whole(1, 10_000_000, 'connections'),
    default: 100_000,
    section: 'imkit',
    meaning: 'Socket.IO connections at once; one more is refused',
  },
  socketAuthSeconds: {
    name: 'CARILLON_SOCKET_AUTH_SECONDS',
    kind: whole(1, 3600, 'seconds'),
    default: 30,
    section: 'imkit',
    meaning: 'time in which a Socket.IO connection has to bring a token; then it is ended',
  },
  socketPingInterval: {
    name: 'CARILLON_SOCKET_PING_INTERVAL',
    kind: whole(100, 3_600_000, 'ms'),
    default: 25_000,
    section: 'imkit',
    meaning: 'time between two pings of Socket.IO; a peer has 20 s to answer one',
  },

  outboxBytes: {
    name: 'CARILLON_OUTBOX_BYTES',
    kind: whole(1024, GIB, 'bytes'),
    default: 1_048_576,
    section: 'delivery',
    meaning: 'what may wait for one terminal; beyond it the connection is closed and catches up',
  },
  resumeMax: {
    name: 'CARILLON_RESUME_MAX',
    kind: whole(1, 1_000_000, 'messages'),
    default: 1000,
    section: 'delivery',
    meaning: 'missed messages streamed to a returning terminal before it is told to read history',
  },
  deliveryWindowMs: {
    name: 'CARILLON_DELIVERY_WINDOW_MS',
    kind: whole(0, 10_000, 'ms'),
    default: 0,
    section: 'delivery',
    meaning: 'how long frames to one terminal may wait under load to share a write',
  },
  pingSeconds: {
    name: 'CARILLON_PING_SECONDS',
    kind: whole(1, 3600, 'seconds'),
    default: 25,
    section: 'delivery',
    meaning: 'time between two pings; a terminal that answers none is gone after two',
  },
} as const satisfies Record<string, SettingRow>
