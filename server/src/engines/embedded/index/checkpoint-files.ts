/**
 * The files of an index, all in one folder:
 *
 *   blocks                     the blocks of all conversations
 *   checkpoint-N.slots         the slots of the Nth checkpoint
 *   checkpoint-N.header        what makes it one; written last. Without it the slots are nothing
 *   checkpoint-N.header.new    a header on its way; never read
 *   rebuild                    nothing here can be trusted: make it again from the journal
 */
import fs from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const HEADER = /^checkpoint-(\d+)\.header$/
const SLOTS = /^checkpoint-(\d+)\.slots$/
const OURS = /^(blocks|checkpoint-\d+\.(slots|header|header\.new))$/

/** It can neither open a folder nor needs to. */
const isWindows = process.platform === 'win32'

export class CheckpointFiles {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    fs.mkdirSync(folder, { recursive: true })
  }

  get blocks(): string {
    return join(this.folder, 'blocks')
  }

  slots(number: number): string {
    return join(this.folder, `checkpoint-${number}.slots`)
  }

  header(number: number): string {
    return join(this.folder, `checkpoint-${number}.header`)
  }

  /** The numbers of the checkpoints that have a header, the newest first. */
  numbers(): number[] {
    return this.#numbers(HEADER).sort((a, b) => b - a)
  }

  /** Forgets every checkpoint but these; durably the headers first: none outlives its slots. */
  async keepOnly(numbers: readonly number[]): Promise<void> {
    const others = (pattern: RegExp) => this.#numbers(pattern).filter((n) => !numbers.includes(n))
    const headers = others(HEADER)
    for (const number of headers) await rm(this.header(number), { force: true })
    if (headers.length > 0) await this.sync()
    for (const number of others(SLOTS)) await rm(this.slots(number), { force: true })
  }

  /** Whether everything has to be made again from the journal. */
  get mustRebuild(): boolean {
    return fs.existsSync(this.#rebuild)
  }

  /** The next start makes everything again from the journal. Durable when it returns. */
  demandRebuild(why: string): void {
    fs.writeFileSync(this.#rebuild, `${why}\n`, { flush: true })
    if (isWindows) return
    const folder = fs.openSync(this.folder, 'r')
    fs.fsyncSync(folder)
    fs.closeSync(folder)
  }

  /** Removes everything; a demand for it last, so that a crash on the way begins anew. */
  async clear(): Promise<void> {
    await this.keepOnly([])
    for (const name of fs.readdirSync(this.folder)) {
      if (OURS.test(name)) await rm(join(this.folder, name))
    }
    await this.sync()
    await rm(this.#rebuild, { force: true })
    await this.sync()
  }

  /** Makes the names in the folder durable. */
  async sync(): Promise<void> {
    if (isWindows) return
    const folder = await open(this.folder, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  get #rebuild(): string {
    return join(this.folder, 'rebuild')
  }

  #numbers(pattern: RegExp): number[] {
    return fs.readdirSync(this.folder).flatMap((name) => {
      const number = pattern.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
  }
}
