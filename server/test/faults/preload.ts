/**
 * Faults of the disk, for tests and benchmarks of a whole process:
 *
 *   CARILLON_FAULTS=/tmp/faults.json node --import ./server/test/faults/preload.ts …
 *
 * The control file is JSON. It is looked at before every call that it may
 * change, and read again when it has changed, so faults come and go while the
 * process runs. Write it under another name and rename it, so that it is never
 * read half. No file, or an empty one, is no fault. Its fields, all optional:
 *
 *   syncFails    code, such as "EIO": every sync fails with it, and syncs nothing
 *   syncDelayMs  every sync takes so much longer
 *   disk         { "files": pattern, "bytesMax": bytes }: the files whose paths match the regular
 *                expression, and that this process has opened, lie on a disk of so many bytes.
 *                A write that does not fit writes what does, and the next fails with ENOSPC.
 *                Truncating and removing give room back; so does a greater bytesMax.
 *
 * CARILLON_FAULTS_SYNC_DELAY_MS=5 alone, without a control file, is syncDelayMs.
 *
 * Changed are fdatasync, fsync, write and writev of node:fs, with callback and
 * Sync. Not changed are node:fs/promises, writeFile, and what native code such
 * as SQLite does. The two variables are removed from the environment, so that
 * the process that is tested sees only its own.
 *
 * A test within one process calls `installFaults` with an object of its own.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { constants } from 'node:os'

export interface Faults {
  syncFails?: string
  syncDelayMs?: number
  disk?: { files: string; bytesMax: number }
}

/** Puts the faults that `faults` gives at each call into node:fs. Returns what takes them out again. */
export function installFaults(faults: () => Faults): () => void {
  const real = Object.fromEntries(CHANGED.map((name) => [name, fs[name]])) as unknown as Real
  Object.assign(fs, openings(real), syncs(real, faults), writes(real, faults))
  syncBuiltinESMExports()
  return () => {
    Object.assign(fs, real)
    syncBuiltinESMExports()
  }
}

const CHANGED = [
  'open',
  'openSync',
  'fdatasync',
  'fdatasyncSync',
  'fsync',
  'fsyncSync',
  'write',
  'writeSync',
  'writev',
  'writevSync',
] as const

/** The functions as they were. */
type Real = Pick<typeof fs, (typeof CHANGED)[number]>

// Functions of node:fs have many forms; what is not looked at is handed on as it came.
// biome-ignore lint/suspicious/noExplicitAny: arguments of any of those forms
type Arguments = any[]

/** Paths by file descriptor. A descriptor that is used again is opened again first. */
const paths = new Map<number, string>()
/** Every path that was opened; what does not exist any more takes no room. */
const seenPaths = new Set<string>()

function remember(file: number, path: unknown): void {
  paths.set(file, String(path))
  seenPaths.add(String(path))
}

function openings(real: Real) {
  return {
    open(...args: Arguments) {
      const callback = args.pop()
      const opened = (error: Error | null, file: number) => {
        if (error === null) remember(file, args[0])
        callback(error, file)
      }
      return (real.open as (...args: Arguments) => void)(...args, opened)
    },
    openSync(...args: Arguments) {
      const file = (real.openSync as (...args: Arguments) => number)(...args)
      remember(file, args[0])
      return file
    },
  }
}

function syncs(real: Real, faults: () => Faults) {
  const withCallback = (name: 'fdatasync' | 'fsync') => (file: number, callback: Callback) => {
    const { syncFails, syncDelayMs = 0 } = faults()
    const sync = () => {
      if (syncFails) setImmediate(callback, systemError(syncFails, name))
      else real[name](file, callback)
    }
    if (syncDelayMs > 0) setTimeout(sync, syncDelayMs)
    else sync()
  }
  const atOnce = (name: 'fdatasyncSync' | 'fsyncSync') => (file: number) => {
    const { syncFails, syncDelayMs = 0 } = faults()
    if (syncDelayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, syncDelayMs)
    if (syncFails) throw systemError(syncFails, name.slice(0, -4))
    real[name](file)
  }
  return {
    fdatasync: withCallback('fdatasync'),
    fsync: withCallback('fsync'),
    fdatasyncSync: atOnce('fdatasyncSync'),
    fsyncSync: atOnce('fsyncSync'),
  }
}

type Callback = (error: Error | null, bytes?: number, written?: unknown) => void

function writes(real: Real, faults: () => Faults) {
  const withCallback =
    (name: 'write' | 'writev') =>
    (file: number, ...args: Arguments) => {
      const callback: Callback = args.pop()
      const room = roomFor(file, faults().disk)
      if (room === null) {
        return (real[name] as (...args: Arguments) => void)(file, ...args, callback)
      }
      const { bytes, position } = bytesOf(args)
      const fitting = room(bytes.length, position)
      if (fitting === 0) return void setImmediate(callback, systemError('ENOSPC', name))
      real.write(file, bytes, 0, fitting, position, (error, written) =>
        callback(error, written, args[0]),
      )
    }
  const atOnce =
    (name: 'writeSync' | 'writevSync') =>
    (file: number, ...args: Arguments) => {
      const room = roomFor(file, faults().disk)
      if (room === null) return (real[name] as (...args: Arguments) => number)(file, ...args)
      const { bytes, position } = bytesOf(args)
      const fitting = room(bytes.length, position)
      if (fitting === 0) throw systemError('ENOSPC', 'write')
      return real.writeSync(file, bytes, 0, fitting, position)
    }
  return {
    write: withCallback('write'),
    writev: withCallback('writev'),
    writeSync: atOnce('writeSync'),
    writevSync: atOnce('writevSync'),
  }
}

/** How many of `length` bytes at a position fit on the disk. Null: the file does not lie on it. */
function roomFor(file: number, disk: Faults['disk']) {
  const path = paths.get(file)
  if (disk === undefined || path === undefined) return null
  const pattern = new RegExp(disk.files)
  if (!pattern.test(path)) return null
  return (length: number, position: number | null) => {
    const size = fs.fstatSync(file).size
    let used = 0
    for (const other of seenPaths) {
      if (pattern.test(other)) used += fs.statSync(other, { throwIfNoEntry: false })?.size ?? 0
    }
    // Only what lies behind the file's end takes room.
    const from = position ?? size
    return Math.max(0, Math.min(length, Math.max(0, size - from) + disk.bytesMax - used))
  }
}

/** The bytes and the position of any form of write. */
function bytesOf(args: Arguments): { bytes: Uint8Array; position: number | null } {
  const [data, second, third, fourth] = args
  if (typeof data === 'string') {
    return { bytes: Buffer.from(data, third ?? 'utf8'), position: second ?? null }
  }
  if (Array.isArray(data)) return { bytes: Buffer.concat(data), position: second ?? null }
  const named = typeof second === 'object' && second !== null
  const { offset, length, position } = named
    ? second
    : { offset: second, length: third, position: fourth }
  const all = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const from = offset ?? 0
  const bytes = all.subarray(from, from + (length ?? all.length - from))
  return { bytes, position: position === undefined ? null : position }
}

function systemError(code: string, syscall: string): Error {
  const errno = -(constants.errno as Record<string, number>)[code]!
  return Object.assign(new Error(`${code}: made by a fault, ${syscall}`), { code, errno, syscall })
}

// ── as a preload ───────────────────────────────────────────────────────────

function controlledBy(path: string): () => Faults {
  const { statSync, readFileSync } = fs
  let seen = ''
  let faults: Faults = {}
  return () => {
    const stats = statSync(path, { throwIfNoEntry: false })
    const now = stats ? `${stats.ino} ${stats.mtimeMs} ${stats.size}` : ''
    if (now !== seen) {
      seen = now
      const text = stats ? readFileSync(path, 'utf8') : ''
      faults = text.trim() === '' ? {} : JSON.parse(text)
    }
    return faults
  }
}

const { CARILLON_FAULTS: control, CARILLON_FAULTS_SYNC_DELAY_MS: delay } = process.env
delete process.env.CARILLON_FAULTS
delete process.env.CARILLON_FAULTS_SYNC_DELAY_MS
if (control !== undefined) installFaults(controlledBy(control))
else if (delay !== undefined) installFaults(() => ({ syncDelayMs: Number(delay) }))
