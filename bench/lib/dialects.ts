/** The two live protocols, as far as receivers speak them. */
import type { Dialect } from './receivers.ts'

const NATIVE_MESSAGE = Buffer.from('{"type":"message","id":"')

export function nativeDialect(account: string, usersig: string): Dialect {
  return {
    path: '/v1/live',
    message: NATIVE_MESSAGE,
    opening: [JSON.stringify({ type: 'connect', account, usersig })],
    answer: (text) => (text.startsWith('{"type":"connected"') ? null : undefined),
  }
}

const SOCKET_IO_MESSAGE = Buffer.from('42["chat message",{"_id":"')

/** Plain, not base64. A heartbeat is answered; the acknowledgement of `auth2` says that it is ready. */
export function socketIoDialect(token: string, clientKey: string): Dialect {
  const headers = { CLIENT_KEY: clientKey, Authorization: token }
  return {
    path: '/socket.io/?EIO=4&transport=websocket',
    message: SOCKET_IO_MESSAGE,
    opening: [],
    answer(text) {
      if (text.startsWith('0{')) return '40'
      if (text === '2') return '3'
      if (text.startsWith('40')) return `420${JSON.stringify(['auth2', token, headers])}`
      return text.startsWith('430[{"RC":0') ? null : undefined
    },
  }
}
