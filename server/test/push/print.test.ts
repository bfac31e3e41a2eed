import { expect, test } from 'vitest'
import { createLog, type LogLevel } from '../../src/lib/log.ts'
import { openPrint } from '../../src/pushers/print/print.ts'
import { newDevice, newNotification } from './notification.ts'

async function printed(level: LogLevel): Promise<string> {
  let lines = ''
  const pusher = openPrint(createLog(level, { write: (line) => void (lines += line) }))
  const device = newDevice({ token: 'the token' })
  const notification = newNotification({
    device,
    title: 'Ann',
    body: 'Your code is 1234',
    badge: 7,
  })
  expect(await pusher.push(notification)).toEqual({ state: 'pushed', id: '' })
  await pusher.close()
  return lines
}

test('a notification is a line of the log that does not tell what people write', async () => {
  const lines = await printed('info')
  expect(JSON.parse(lines)).toMatchObject({
    level: 'info',
    msg: 'push',
    device: 'device-1',
    collapseId: '000100000000000100000000',
    badge: 7,
    bodyBytes: 17,
  })
  expect(lines).not.toMatch(/Ann|1234|the token/)
})

test('at the level debug it does', async () => {
  const lines = await printed('debug')
  expect(lines).toContain('Your code is 1234')
  expect(lines).not.toContain('the token')
})
