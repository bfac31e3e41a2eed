import { closeFile, openFile } from './files.ts'

/** More segments than this are hardly read at the same time; each costs a file descriptor. */
const HANDLES_MAX = 64

interface Handle {
  file: Promise<number>
  users: number
}

/** Files that are open for reading: opened when first needed, the longest unused closed first. */
export class Handles {
  readonly #handles = new Map<string, Handle>()
  #users = 0
  #whenUnused: (() => void) | null = null

  async use<T>(path: string, work: (file: number) => Promise<T>): Promise<T> {
    const handle = this.#handles.get(path) ?? { file: openFile(path, 'r'), users: 0 }
    // Set again, so that the longest unused comes first.
    this.#handles.delete(path)
    this.#handles.set(path, handle)
    handle.users += 1
    this.#users += 1
    try {
      return await work(await this.#opened(path, handle))
    } finally {
      handle.users -= 1
      this.#users -= 1
      await this.#trim()
      if (this.#users === 0) this.#whenUnused?.()
    }
  }

  /** Waits for those who use a file, then closes all. */
  async close(): Promise<void> {
    if (this.#users > 0) {
      await new Promise<void>((resolve) => {
        this.#whenUnused = resolve
      })
    }
    const handles = [...this.#handles.values()]
    this.#handles.clear()
    for (const handle of handles) await this.#closeHandle(handle)
  }

  async #opened(path: string, handle: Handle): Promise<number> {
    try {
      return await handle.file
    } catch (error) {
      // The next reader tries again.
      if (this.#handles.get(path) === handle) this.#handles.delete(path)
      throw error
    }
  }

  async #trim(): Promise<void> {
    for (const [path, handle] of this.#handles) {
      if (this.#handles.size <= HANDLES_MAX) return
      if (handle.users > 0) continue
      this.#handles.delete(path)
      await this.#closeHandle(handle)
    }
  }

  async #closeHandle(handle: Handle): Promise<void> {
    // A file that could not be opened has nothing to close, and its reader has heard of it.
    const file = await handle.file.catch(() => null)
    if (file !== null) await closeFile(file)
  }
}
