/** Raw sockets in the same runtime, same frame size, one write a message: the yardstick of `live`. */
import { connect, type Socket } from 'node:net'
import { Measured } from '../lib/process.ts'
import type { Figures, ScenarioOptions } from './scenario.ts'

export interface Floor {
  messagesPerSecond: number
  cpuMicros: number
}

const READ_BUFFER = Buffer.allocUnsafe(1 << 18)

export async function measureFloor(options: {
  terminals: number
  seconds: number
  frameBytes: number
}): Promise<Floor> {
  const { terminals, seconds, frameBytes } = options
  const script = new URL('../lib/floor-server.ts', import.meta.url).pathname
  const server = new Measured('floor', [
    script,
    String(terminals),
    String(seconds),
    String(frameBytes),
  ])
  const port = await server.line((line) => JSON.parse(line).port as number | undefined)
  let bytes = 0
  let start = 0
  let open = terminals
  const sockets: Socket[] = []
  const ended = new Promise<void>((resolve) => {
    for (let i = 0; i < terminals; i += 1) {
      const socket = connect({
        host: '127.0.0.1',
        port,
        onread: {
          buffer: READ_BUFFER,
          callback: (count) => {
            start ||= performance.now()
            bytes += count
            return true
          },
        },
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        open -= 1
        if (open === 0) resolve()
      })
      sockets.push(socket)
    }
  })
  const cpu = await server.line((line) => JSON.parse(line).cpuMicros as number | undefined)
  await ended
  const took = (performance.now() - start) / 1000
  await server.stop()
  return { messagesPerSecond: bytes / frameBytes / took, cpuMicros: cpu }
}

export async function floor({ terminals = 5000, seconds = 10 }: ScenarioOptions): Promise<Figures> {
  const { messagesPerSecond, cpuMicros } = await measureFloor({
    terminals,
    seconds,
    frameBytes: 480,
  })
  return { terminals, seconds, 'messages/s': messagesPerSecond, 'CPU µs per message': cpuMicros }
}
