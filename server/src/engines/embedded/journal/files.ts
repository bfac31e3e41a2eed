/**
 * The few calls by which the journal touches its files.
 *
 * Each goes through the default export of node:fs when it is called: tests and
 * benchmarks put their faults there.
 */
import fs from 'node:fs'

export function openFile(path: string, flags: string): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, (error, file) => (error ? reject(error) : resolve(file)))
  })
}

export function closeFile(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.close(file, (error) => (error ? reject(error) : resolve()))
  })
}

/** Reads until `length` bytes are there or the file ends, and gives how many there are. */
export async function readAt(
  file: number,
  buffer: Buffer,
  length: number,
  position: number,
): Promise<number> {
  let done = 0
  while (done < length) {
    const bytes = await readOnce(file, buffer, done, length - done, position + done)
    if (bytes === 0) break
    done += bytes
  }
  return done
}

/** Writes all of it. When it fails, any part may have been written. */
export async function writeAt(
  file: number,
  buffer: Buffer,
  length: number,
  position: number,
): Promise<void> {
  let done = 0
  while (done < length) {
    const bytes = await writeOnce(file, buffer, done, length - done, position + done)
    if (bytes === 0) throw new Error(`a write of ${length - done} bytes wrote none`)
    done += bytes
  }
}

export function truncateFile(file: number, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.ftruncate(file, length, (error) => (error ? reject(error) : resolve()))
  })
}

/** Makes the file's bytes and length durable. */
export function syncFile(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(file, (error) => (error ? reject(error) : resolve()))
  })
}

/** Makes durable which files a folder has. */
export async function syncFolder(path: string): Promise<void> {
  // Windows has no such call, and needs none.
  if (process.platform === 'win32') return
  const folder = await openFile(path, 'r')
  try {
    await new Promise<void>((resolve, reject) => {
      fs.fsync(folder, (error) => (error ? reject(error) : resolve()))
    })
  } finally {
    await closeFile(folder)
  }
}

export function fileBytes(file: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.fstat(file, (error, stats) => (error ? reject(error) : resolve(stats.size)))
  })
}

export function removeFile(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.unlink(path, (error) => (error ? reject(error) : resolve()))
  })
}

export function renameFile(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.rename(from, to, (error) => (error ? reject(error) : resolve()))
  })
}

export function makeFolder(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.mkdir(path, { recursive: true }, (error) => (error ? reject(error) : resolve()))
  })
}

export function listFolder(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    fs.readdir(path, (error, names) => (error ? reject(error) : resolve(names)))
  })
}

/** Opens a file for as long as `work` takes. */
export async function withFile<T>(
  path: string,
  flags: string,
  work: (file: number) => Promise<T>,
): Promise<T> {
  const file = await openFile(path, flags)
  try {
    return await work(file)
  } finally {
    await closeFile(file)
  }
}

function readOnce(
  file: number,
  buffer: Buffer,
  at: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(file, buffer, at, length, position, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    )
  })
}

function writeOnce(
  file: number,
  buffer: Buffer,
  at: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(file, buffer, at, length, position, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    )
  })
}
