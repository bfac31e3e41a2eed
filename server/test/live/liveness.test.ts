import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openStack, type Stack } from './stack.ts'

/** A terminal that reads everything and answers nothing, not even pings. */
async function deafTerminal(stack: Stack, account: string) {
  const socket = connect(stack.port, '127.0.0.1')
  const usersig = stack.userSig(account)
  const body = Buffer.from(JSON.stringify({ type: 'connect', usersig }))
  const head = Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255, 0, 0, 0, 0])
  let pings = 0
  let came = ''
  socket.on('data', (chunk: Buffer) => {
    came += chunk.toString('latin1')
    if (chunk.includes(Buffer.from([0x89, 0x00]))) pings += 1
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(
    'GET /v1/live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
      'sec-websocket-key: Y2FyaWxsb24gYmVuY2htYQ==\r\nsec-websocket-version: 13\r\n\r\n',
  )
  socket.write(Buffer.concat([head, body]))
  await expect.poll(() => came).toContain('"connected"')
  return { closed, pings: () => pings }
}

test('a peer that answers no ping is gone after two periods, one that does stays', async () => {
  await using stack = await openStack({ env: { CARILLON_PING_SECONDS: '1' } })
  await stack.accounts('ann', 'bob')
  const bob = await stack.terminal('bob')
  const start = performance.now()
  const ann = await deafTerminal(stack, 'ann')
  await ann.closed
  const took = performance.now() - start
  expect(took).toBeGreaterThan(1900)
  expect(took).toBeLessThan(3500)
  expect(ann.pings()).toBeGreaterThanOrEqual(1)
  expect(stack.closed).toEqual(['dead'])
  expect(stack.terminals.isOpen(stack.number('ann'))).toBe(false)
  expect(bob.closed).toBe(null)
})

test('a connection that breaks is forgotten at once', async () => {
  await using stack = await openStack()
  const [ann] = await stack.accounts('ann')
  const peers = [await stack.terminal('ann'), await stack.terminal('ann')]
  peers[0]!.destroy()
  await expect.poll(() => stack.terminals.count).toBe(1)
  expect(stack.terminals.isOpen(ann!)).toBe(true)
  peers[1]!.close()
  await expect.poll(() => stack.terminals.count).toBe(0)
  expect(stack.terminals.isOpen(ann!)).toBe(false)
  expect(stack.closed).toEqual([])
})
