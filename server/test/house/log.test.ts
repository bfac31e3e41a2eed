import { expect, test } from 'vitest'
import { createLog } from '../../src/lib/log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = ''
  const log = createLog('info', {
    write: (line) => {
      text += line
    },
  })
  write(log)
  return text
}

test('a line is one JSON object with a level in words and a time', () => {
  const line = JSON.parse(logged((log) => log.info({ url: 'http://127.0.0.1:3100' }, 'listening')))
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    url: 'http://127.0.0.1:3100',
    msg: 'listening',
  })
})

test('what is below the level is left out', () => {
  expect(logged((log) => log.debug('details'))).toBe('')
})

test('credentials are hidden, at the top and in the objects that requests are made of', () => {
  const credentials = {
    usersig: 'hunter2',
    token: 'hunter2',
    key: 'hunter2',
    authorization: 'hunter2',
    'im-api-key': 'hunter2',
    'im-authorization': 'hunter2',
  }
  const text = logged((log) =>
    log.info({
      ...credentials,
      request: { ...credentials, headers: credentials },
      url: '/v4/openim/batchsendmsg?sdkappid=1&usersig=hunter2&random=1',
    }),
  )
  expect(text).not.toContain('hunter2')
  expect(text).toContain('/v4/openim/batchsendmsg?sdkappid=1&usersig=(hidden)&random=1')
})
