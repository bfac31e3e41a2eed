import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { codes } from '../../src/api/tim/codes.ts'
import { timCodesPage } from '../../src/api/tim/codes-manual.ts'

const root = resolve(import.meta.dirname, '../../..')

test('docs/errors/tim.md says what the table says', () => {
  expect(readFileSync(join(root, 'docs/errors/tim.md'), 'utf8')).toBe(timCodesPage())
})

/** Whether a code stands as a number in any file of a folder. */
function mentioned(folder: string, except: string): Set<string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith(except))
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
  return new Set(text.match(/\b\d{5}\b/g))
}

test('every code that is said to be raised is in the code and in a test, and no other', () => {
  const inCode = mentioned(join(root, 'server/src/api/tim'), 'codes.ts')
  const inTests = mentioned(join(root, 'server/test/tim'), 'codes.test.ts')
  for (const [code, { raised }] of Object.entries(codes)) {
    expect(inCode.has(code), `${code} in the code`).toBe(raised !== null)
    if (raised !== null) expect(inTests.has(code), `${code} in a test`).toBe(true)
  }
})
