import { expect, test } from 'vitest'
import { startServer } from '../lib/server.ts'

// The seal of a directory row was made of the name as it came, and checked against the name as it
// was stored, in which half a surrogate pair is U+FFFD. The account looked damaged, and the next
// change of it ended the server.
test('half a surrogate pair in a name is stored as U+FFFD, and harms nothing', async () => {
  await using server = await startServer()
  await server.tim('im_open_login_svc/account_import', '{"UserID":"ann","Nick":"a\\ud800b"}')
  expect((await server.v1('GET', 'accounts/ann')).body).toMatchObject({ nick: 'a\ufffdb' })

  await server.tim('im_open_login_svc/account_import', { UserID: 'ann', FaceUrl: 'x' })
  await server.kill('SIGKILL')
  await using again = await startServer({ folder: server.folder })
  const { body } = await again.v1('GET', 'accounts/ann')
  expect(body).toMatchObject({ nick: 'a\ufffdb', avatarUrl: 'x' })
})
