/** What the design names for each fault, caused for real in a real process. */
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newFolder, root, runCli, startServer, type TestServer, userSig } from '../lib/server.ts'
import { openTerminal } from '../lib/terminal.ts'
import type { Faults } from './preload.ts'

const preload = join(root, 'server/test/faults/preload.ts')

/** A server whose disk misbehaves as the control file says. */
async function startFaulty(folder: string) {
  const control = join(folder, 'faults.json')
  const server = await startServer({
    folder,
    nodeFlags: ['--import', preload],
    env: { CARILLON_FAULTS: control, CARILLON_DISK_RESERVE_MB: '0' },
  })
  return {
    server,
    set(faults: Faults) {
      writeFileSync(`${control}.new`, JSON.stringify(faults))
      renameSync(`${control}.new`, control)
    },
  }
}

let randoms = 0

function send(server: TestServer, to: readonly string[], text: string) {
  randoms += 1
  return server.tim('openim/batchsendmsg', {
    To_Account: to,
    MsgRandom: randoms,
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }],
  })
}

async function texts(
  server: TestServer,
  account: string,
  peer = 'administrator',
): Promise<string[]> {
  const found: string[] = []
  let after = `0001${'0'.repeat(20)}`
  for (;;) {
    const path = `conversations/${peer}/messages?account=${account}&limit=100&after=${after}`
    const { status, body } = await server.v1('GET', path)
    expect(status, JSON.stringify(body)).toBe(200)
    const messages = body.messages as { id: string; content?: { text: string } }[]
    found.push(...messages.map(({ content }) => content?.text ?? 'unreadable'))
    if (messages.length < 100) return found
    after = messages.at(-1)!.id
  }
}

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = bytes[at]! ^ 0x10
  writeFileSync(file, bytes)
}

function filesOf(folder: string, name: string): string[] {
  return readdirSync(join(folder, name))
    .sort()
    .map((file) => join(folder, name, file))
}

describe('a failed sync', () => {
  test('ends the process with 74, and nobody is told OK', async () => {
    const folder = newFolder()
    const { server, set } = await startFaulty(folder)
    await using _ = server
    await server.importAccounts(['ann'])
    expect(await send(server, ['ann'], 'before')).toMatchObject({ ActionStatus: 'OK' })

    set({ syncFails: 'EIO' })
    await expect(send(server, ['ann'], 'doubtful')).rejects.toThrow()
    expect(await server.ended).toBe(74)

    await using again = await startServer({ folder })
    expect((await texts(again, 'ann'))[0]).toBe('before')
  })
})

describe('a full disk', () => {
  test('refuses calls; reading and terminals go on; with room again it accepts again', async () => {
    const folder = newFolder()
    const { server, set } = await startFaulty(folder)
    await using _ = server
    await server.importAccounts(['ann'])
    await send(server, ['ann'], 'before')
    using terminal = await openTerminal(server, { account: 'ann', usersig: userSig('ann') })

    set({ disk: { files: 'journal/', bytesMax: 0 } })
    expect(await send(server, ['ann'], 'refused')).toMatchObject({
      ActionStatus: 'FAIL',
      ErrorCode: 91000,
    })
    expect(await texts(server, 'ann')).toEqual(['before'])
    terminal.say({ type: 'ping', ref: 4 })
    expect(await terminal.next('pong')).toMatchObject({ ref: 4 })

    set({})
    expect(await send(server, ['ann'], 'after')).toMatchObject({ ActionStatus: 'OK' })
    expect((await terminal.next('message')).content.text).toBe('after')

    await server.kill('SIGKILL')
    await using again = await startServer({ folder })
    expect(await texts(again, 'ann')).toEqual(['before', 'after'])
  })

  test('nearly full: calls are refused early, and /readyz says so', async () => {
    await using server = await startServer({ env: { CARILLON_DISK_RESERVE_MB: '900000000' } })
    const ready = await fetch(`${server.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).toMatch(/disk/)
    expect((await server.v1('POST', 'accounts', '{"id":"ann"}\n')).status).toBe(507)
  })
})

/** A stopped folder with 30 batches to ann and bob, in small segments, with a checkpoint. */
async function filledFolder(): Promise<string> {
  const folder = newFolder()
  const env = { CARILLON_SEGMENT_BYTES: '4096', CARILLON_TIM_CALLS_PER_SECOND: '0' }
  await using server = await startServer({ folder, env })
  await server.importAccounts(['ann', 'bob'])
  for (let i = 0; i < 30; i += 1) await send(server, ['ann', 'bob'], `text ${i}`)
  await server.kill('SIGTERM')
  return folder
}

const all = Array.from({ length: 30 }, (_, i) => `text ${i}`)

describe('a torn tail', () => {
  test('is cut, and everything acknowledged is there', async () => {
    const folder = await filledFolder()
    appendFileSync(
      filesOf(folder, 'journal').findLast((file) => file.endsWith('.journal'))!,
      Buffer.alloc(100, 7),
    )
    await using server = await startServer({ folder })
    expect(server.logged).toMatch(/"cutBytes":1\d\d/)
    expect(await texts(server, 'ann')).toEqual(all)
  })
})

describe('a flipped bit', () => {
  test('in the journal: start refuses and names the place; repair cuts that group out', async () => {
    const folder = await filledFolder()
    const damaged = filesOf(folder, 'journal').filter((file) => file.endsWith('.journal'))[1]!
    flipBit(damaged, 300)
    // Without what is derived, the start has to read the journal from the beginning.
    for (const name of ['index', 'directory.sqlite'])
      renameSync(join(folder, name), join(folder, `${name}.away`))

    await expect(startServer({ folder })).rejects.toThrow(
      /ended with 74[\s\S]*place[\s\S]*carillon repair/,
    )
    const seen = await runCli(['repair', '--data', folder])
    expect(seen.stdout).toMatch(/place/)
    const cut = await runCli(['repair', '--data', folder, '--yes'])
    expect(cut.status, cut.stderr).toBe(0)

    await using server = await startServer({ folder })
    const left = await texts(server, 'ann')
    expect(left.length).toBeLessThan(30)
    expect(left.length).toBeGreaterThan(20)
    expect(all).toEqual(expect.arrayContaining(left))
    await server.kill('SIGTERM')
    expect((await runCli(['recount', '--data', folder])).status).toBe(0)
  })

  test('in the journal, met while reading: that message answers with an error', async () => {
    const folder = await filledFolder()
    await using server = await startServer({ folder })
    const file = filesOf(folder, 'journal').filter((name) => name.endsWith('.journal'))[1]!
    flipBit(file, readFileSync(file).indexOf('"Text"'))
    const { body } = await server.v1(
      'GET',
      'conversations/administrator/messages?account=ann&limit=100',
    )
    const messages = body.messages as { error?: { code: string } }[]
    expect(messages.filter(({ error }) => error?.code === 'damaged').length).toBeGreaterThan(0)
    expect(messages.filter(({ error }) => error === undefined).length).toBeGreaterThan(20)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toMatch(/carillon_damaged_total\{where="journal"\} [1-9]/)
  })

  test.each(['index', 'directory'] as const)(
    'in the %s: it is made again from the journal',
    async (what) => {
      const folder = await filledFolder()
      const files = what === 'index' ? filesOf(folder, 'index') : [join(folder, 'directory.sqlite')]
      for (const file of files) {
        const { length } = readFileSync(file)
        for (let at = 20; at < length; at += Math.max(50, Math.floor(length / 40)))
          flipBit(file, at)
      }
      await using server = await startServer({ folder })
      expect(await texts(server, 'ann')).toEqual(all)
      expect(await texts(server, 'bob')).toEqual(all)
      const unread = await server.tim('openim/get_c2c_unread_msg_num', { To_Account: 'bob' })
      expect(unread).toMatchObject({ AllC2CUnreadMsgNum: 30 })
      await server.kill('SIGTERM')
      expect((await runCli(['recount', '--data', folder])).status).toBe(0)
    },
  )
})

describe('a folder', () => {
  test('in use is refused with 73 and its name', async () => {
    await using server = await startServer()
    const second = startServer({ folder: server.folder })
    await expect(second).rejects.toThrow(new RegExp(`ended with 73[\\s\\S]*${server.folder}`))
  })

  test('SIGTERM stops with 0, again and again', async () => {
    await using server = await startServer()
    server.child.kill('SIGTERM')
    expect(await server.kill('SIGTERM')).toBe(0)
  })
})
