/**
 * The other end of deliver.ts: sockets that read whatever comes into one buffer.
 *
 *   node deliver-readers.ts plain|terminals PORT COUNT
 */
import { connect, type Socket } from 'node:net'
import { makeUserSig } from '../../server/src/access/usersig.ts'
import { accountId } from '../lib/accounts.ts'
import { keys } from '../lib/server.ts'

const [kind, port, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const AT_ONCE = 200
const BUFFER = Buffer.allocUnsafe(1 << 18)

for (let from = 0; from < count; from += AT_ONCE) {
  const size = Math.min(AT_ONCE, count - from)
  await Promise.all(Array.from({ length: size }, (_, i) => open(from + i)))
}
process.send?.('ready')
process.once('disconnect', () => process.exit())

/** Resolves when the socket is connected and, for a terminal, something has been heard. */
function open(i: number): Promise<void> {
  return new Promise((resolve) => {
    const onread = {
      buffer: BUFFER,
      callback() {
        if (kind === 'terminals') resolve()
        return true
      },
    }
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread })
    socket.on('error', () => {})
    if (kind === 'terminals') shakeHands(socket, accountId(i))
    else socket.once('connect', () => resolve())
  })
}

function shakeHands(socket: Socket, account: string): void {
  socket.write(
    'GET /v1/live HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
      'sec-websocket-key: Y2FyaWxsb24gYmVuY2htYQ==\r\nsec-websocket-version: 13\r\n\r\n',
  )
  const usersig = makeUserSig({
    account,
    sdkAppId: Number(keys.CARILLON_SDKAPPID),
    key: keys.CARILLON_SECRET_KEY,
    nowSeconds: Math.floor(Date.now() / 1000),
    expireSeconds: 86_400,
  })
  const body = Buffer.from(JSON.stringify({ type: 'connect', account, usersig }))
  // A mask of zeros is a mask.
  const head = Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 0xff, 0, 0, 0, 0])
  socket.write(Buffer.concat([head, body]))
}
