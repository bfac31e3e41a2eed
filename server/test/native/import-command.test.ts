import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cellsOf } from '../../src/cli/import-lines.ts'
import { openStack, type Stack, secrets } from '../live/stack.ts'

const folder = mkdtempSync(join(tmpdir(), 'carillon-import-'))
const cli = resolve(import.meta.dirname, '../../src/cli/carillon.ts')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Runs `carillon import accounts …` as a process of its own. */
async function run(args: readonly string[], input = '') {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('CARILLON_'))
  const child = spawn(process.execPath, [cli, 'import', 'accounts', ...args], {
    env: Object.fromEntries(env),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.stdin.end(input)
  const status = await new Promise((resolve) => child.once('exit', resolve))
  return { status, stdout, stderr }
}

function to(stack: Stack): string[] {
  return ['--url', stack.url, '--api-key', secrets.apiKey]
}

test('a file of lines is imported, and what failed is told by its line', async () => {
  await using stack = await openStack()
  const lines = Array.from({ length: 25_000 }, (_, i) => `{"id":"u${i}"}`)
  lines[12_345] = '{"id":""}'
  lines.splice(100, 0, '')
  const { status, stdout, stderr } = await run([file('a.ndjson', lines.join('\n')), ...to(stack)])
  expect(stdout).toMatch(/^accounts: 24999 new, 0 known, 1 failed; .* a second\n$/)
  expect(stderr).toContain('line 12347: "": id: expected an account id')
  expect(stderr).toMatch(/accounts, \d+ %/)
  expect(status).toBe(1)
  expect(stack.engines.directory.count).toBe(24_999)
})

test('ids from standard input are imported', async () => {
  await using stack = await openStack()
  const { status, stdout } = await run(['-', ...to(stack)], 'ann\r\nbob\n"c, leo"\n')
  expect(stdout).toContain('3 new')
  expect(status).toBe(0)
  expect(stack.number('c, leo')).toBeGreaterThan(0)
})

test('a first line may name the columns', async () => {
  await using stack = await openStack()
  const path = file(
    'b.csv',
    'ID,age,Nick,avatarUrl\nann,31,"Ann ""A"" Bell",https://a\nbob,30,Bob\n',
  )
  expect(await run([path, ...to(stack)])).toMatchObject({ status: 0 })
  const numbers = [stack.number('ann'), stack.number('bob')]
  expect(stack.engines.directory.profiles(numbers)).toMatchObject([
    { id: 'ann', nick: 'Ann "A" Bell', avatarUrl: 'https://a' },
    { id: 'bob', nick: 'Bob', avatarUrl: '' },
  ])
})

test('what cannot work ends with the reason and a status', async () => {
  await using stack = await openStack()
  const ids = file('c.csv', 'ann\n')
  const array = file('d.json', '[{"id":"ann"}]')
  for (const [args, status, words] of [
    [[ids, '--url', stack.url, '--api-key', 'wrong'], 78, 'does not take this API key'],
    [[ids, '--url', stack.url, '--data', folder], 78, 'there are no keys'],
    [[ids, '--url', 'localhost:1', '--api-key', 'x'], 64, 'expected http://'],
    [[join(folder, 'missing'), ...to(stack)], 64, 'cannot be read'],
    [[folder, ...to(stack)], 64, 'is not a file'],
    [[array, ...to(stack)], 64, 'begins with an array'],
  ] as const) {
    const ran = await run(args)
    expect(ran.stderr).toContain(words)
    expect(ran.status).toBe(status)
  }
})

test.each([
  ['a', ['a']],
  ['', ['']],
  ['a,b,', ['a', 'b', '']],
  [',', ['', '']],
  ['"a,b",c', ['a,b', 'c']],
  ['"a ""b""",""', ['a "b"', '']],
  ['a"b,c', ['a"b', 'c']],
])('the cells of %s', (line, cells) => {
  expect(cellsOf(line)).toEqual(cells)
})
