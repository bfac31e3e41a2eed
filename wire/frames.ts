/**
 * The native live protocol: what is said over a WebSocket, as types.
 * JSON text frames; docs/protocols/native.md has the story. No dependencies.
 */

/** 24 lower-case hex characters; sorts by creation. A cursor is one too. */
export type MessageId = string
export type Cursor = string

/** From a terminal to the server. `ref` comes back in the answer. */
export type ClientFrame = ConnectFrame | AckFrame | ReadFrame | PingFrame

/** The first frame. Exactly one of `usersig` and `token` proves who it is. */
export interface ConnectFrame {
  type: 'connect'
  /** May be left out: the credential names it too. */
  account?: string
  usersig?: string
  token?: string
  /** Up to where this terminal has seen everything; absent: it wants only what is new. */
  cursor?: Cursor
  /** What it runs on: iphone, ipad, android, web, pc, mac, or in other words. */
  platform?: string
}

/** Everything up to the cursor has arrived. */
export interface AckFrame {
  type: 'ack'
  cursor: Cursor
}

/** A conversation: exactly one of `with`, the other account, and `group`, the id of a group. */
export interface Named {
  with?: string
  group?: string
}

/** The conversation has been read, up to a message or, without one, all of it. */
export interface ReadFrame extends Named {
  type: 'read'
  upTo?: MessageId
  ref?: number
}

export interface PingFrame {
  type: 'ping'
  ref?: number
}

/** From the server to a terminal. */
export type ServerFrame =
  | ConnectedFrame
  | MessageFrame
  | CaughtUpFrame
  | ResyncFrame
  | ReadEvent
  | PeerReadEvent
  | SentEvent
  | RecalledEvent
  | EditedEvent
  | GroupEvent
  | DoneFrame
  | PongFrame
  | ErrorFrame

export interface ConnectedFrame {
  type: 'connected'
  account: string
  /** Names this connection in the server's log. */
  terminal: string
  /** Where the resume starts, or the newest there is. */
  cursor: Cursor
  unreadTotal: number
}

export interface MessageFrame extends Named {
  type: 'message'
  id: MessageId
  from: string
  /** Unix time, milliseconds. */
  time: number
  /** Whether it raised the unread counters of those who received it. */
  counted: boolean
  /** When it was edited before it came here: Unix time, milliseconds; absent: never. */
  changedAt?: number
  content: Content
}

export interface Content {
  format: 'tim' | 'imkit' | 'native'
  /** In the form of `format`. */
  body: unknown
  /** The same in plain words. */
  text: string
}

/** The resume is through: what follows is live. */
export interface CaughtUpFrame {
  type: 'caught-up'
  cursor: Cursor
}

/**
 * The resume ends here, and something is missing before what follows: read lists and history.
 * `too-much`: from `cursor` on. `cursor`: the one that came is not of this server's past.
 */
export interface ResyncFrame {
  type: 'resync'
  cursor: Cursor
  reason: 'cursor' | 'too-much'
}

/** This account has read a conversation, here or on another terminal. */
export interface ReadEvent extends Named {
  type: 'read'
  upTo: MessageId
  unread: number
  unreadTotal: number
  cursor: Cursor
}

/** The other account of a conversation has read it or, of a group, another member. */
export interface PeerReadEvent extends Named {
  type: 'peer-read'
  /** Which member; only of a group. */
  by?: string
  upTo: MessageId
  cursor: Cursor
}

/**
 * This account has sent a batch: one event for all of its copies. It names the conversation when
 * there is a single copy.
 */
export interface SentEvent extends Named {
  type: 'sent'
  /** The id of the copy with ordinal 0, or of the single one; others differ in their last 8 characters. */
  id: MessageId
  time: number
  count: number
  /** What a single copy says; of several, what was sent, with the names of its variables in it. */
  content: Content
  cursor: Cursor
}

/** A message was taken back. */
export interface RecalledEvent extends Named {
  type: 'recalled'
  id: MessageId
  from: string
  /** Unix time, milliseconds. */
  changedAt: number
  cursor: Cursor
}

/** A message says something else from now on. */
export interface EditedEvent extends Named {
  type: 'edited'
  id: MessageId
  from: string
  changedAt: number
  content: Content
  cursor: Cursor
}

/** A group was made or described anew, or somebody joined or left it. */
export interface GroupEvent {
  type: 'group'
  group: string
  /** Whether this account is a member from now on. */
  isMember: boolean
  cursor: Cursor
}

export interface DoneFrame {
  type: 'done'
  ref?: number
}

export interface PongFrame {
  type: 'pong'
  ref?: number
}

export interface ErrorFrame {
  type: 'error'
  /** A name of the error table. */
  code: string
  message: string
  /** Which field of the frame is wrong. */
  field?: string
  ref?: number
}

/** The largest frame that the server takes. */
export const FRAME_BYTES_MAX = 65_536

/** Why the server closes a WebSocket; the client's next step. */
export const CloseCode = {
  /** The server stops: reconnect with the cursor, after a pause. */
  stopping: 1001,
  /** A frame over FRAME_BYTES_MAX: a fault of the client's. */
  tooLarge: 1009,
  /** A fault of the server's: reconnect with the cursor, after a pause. */
  internal: 1011,
  /** A frame that is not understood, or too many of them: a fault of the client's. */
  protocol: 4000,
  /** The credentials are missing, wrong or expired: get new ones. */
  unauthorized: 4001,
  /** The account is blocked: do not come back. */
  forbidden: 4002,
  /** The credentials were revoked, or have ended: get new ones. */
  revoked: 4003,
  /** Nothing was said in time after connecting. */
  silent: 4008,
  /** Too slow: reconnect with the cursor. */
  slow: 4009,
  /** The server has as many connections or accounts as it takes, or cannot write now: try later. */
  full: 4013,
} as const
