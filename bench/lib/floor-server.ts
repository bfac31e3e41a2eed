/**
 * The yardstick: accepts connections and, once all are there, writes frames of
 * one size to them in turn, one write a message, as fast as the loop lets it.
 * No HTTP, no journal, no index: what is left is what a socket write costs.
 *
 * node floor-server.ts CONNECTIONS SECONDS FRAME_BYTES
 */
import { createServer, type Socket } from 'node:net'

const [connections, seconds, frameBytes] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
]
// As many messages as one call of 500 recipients makes in one turn of the loop.
const WRITES_PER_TURN = 500
const sockets: Socket[] = []

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  sockets.push(socket)
  if (sockets.length === connections) run()
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log(JSON.stringify(server.address()))
})

function run(): void {
  const end = performance.now() + seconds * 1000
  const template = frame()
  const cpuBefore = process.cpuUsage()
  let written = 0
  let next = 0
  turn()

  function turn(): void {
    for (let i = 0; i < WRITES_PER_TURN; i += 1) {
      const socket = sockets[next]!
      next = (next + 1) % sockets.length
      // A full socket is passed over, as a slow terminal would be.
      if (socket.writableLength > 1 << 20) continue
      socket.write(Buffer.from(template))
      written += 1
    }
    if (performance.now() < end) setImmediate(turn)
    else finish()
  }

  function finish(): void {
    const { user, system } = process.cpuUsage(cpuBefore)
    console.log(JSON.stringify({ written, cpuMicros: (user + system) / written }))
    server.close()
    for (const socket of sockets) socket.end()
  }
}

/** An unmasked text frame of this many bytes in all. */
function frame(): Buffer {
  const bytes = Buffer.alloc(frameBytes, 'x')
  bytes[0] = 0x81
  bytes[1] = 126
  bytes.writeUInt16BE(frameBytes - 4, 2)
  return bytes
}
