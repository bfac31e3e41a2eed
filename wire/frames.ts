/**
 * The native live protocol: what is said over a WebSocket, as types.
 * JSON text frames; docs/protocols/native.md has the story. No dependencies.
 */

/** 24 lower-case hex characters; sorts by creation. A cursor is one too. */
export type MessageId = string
export type Cursor = string

/** From a terminal to the server. `ref` comes back in the answer. */
export type ClientFrame =
  | {
      type: 'connect'
      account?: string
      usersig?: string
      token?: string
      cursor?: Cursor
      platform?: string
    }
  | { type: 'ack'; cursor: Cursor }
  | { type: 'read'; with: string; upTo?: MessageId; ref?: number }
  | { type: 'ping'; ref?: number }

/** From the server to a terminal. */
export type ServerFrame =
  | { type: 'connected'; account: string; terminal: string; cursor: Cursor; unreadTotal: number }
  | MessageFrame
  | { type: 'caught-up'; cursor: Cursor }
  | { type: 'resync'; cursor: Cursor; reason: 'cursor' | 'too-much' }
  | {
      type: 'read'
      with: string
      upTo: MessageId
      unread: number
      unreadTotal: number
      cursor: Cursor
    }
  | { type: 'peer-read'; with: string; upTo: MessageId; cursor: Cursor }
  | { type: 'sent'; id: MessageId; time: number; count: number; content: Content; cursor: Cursor }
  | { type: 'done'; ref: number }
  | { type: 'pong'; ref?: number }
  | { type: 'error'; code: string; message: string; ref?: number }

export interface MessageFrame {
  type: 'message'
  id: MessageId
  /** The other account of the conversation. */
  with: string
  from: string
  /** Unix time, milliseconds. */
  time: number
  /** Whether it raised the receiver's unread counter. */
  counted: boolean
  content: Content
}

export interface Content {
  format: 'tim' | 'imkit' | 'native'
  /** In the form of `format`. */
  body: unknown
  /** The same in plain words. */
  text: string
}

/** Why the server closes a WebSocket; the client's next step. */
export const CloseCode = {
  /** The server stops: reconnect with the cursor, after a pause. */
  stopping: 1001,
  /** A frame that is not understood: a fault of the client's. */
  protocol: 4000,
  /** The credentials are missing, wrong or expired: get new ones. */
  unauthorized: 4001,
  /** The credentials were revoked: get new ones. */
  revoked: 4003,
  /** Nothing was said in time after connecting. */
  silent: 4008,
  /** Too slow: reconnect with the cursor. */
  slow: 4009,
  /** The server has as many connections as it takes: try later. */
  full: 4013,
} as const
