/**
 * POST /v1/accounts: makes accounts known, or changes their profiles.
 *
 * A stream: lines are read as they come and imported in slices, several of
 * them under way at once so that they share syncs; while all are, nothing is
 * read. A line that is wrong fails alone. What the server cannot take just now
 * ends the call, with what was done so far: to send it all again changes nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorName, errors, Fault } from '../../../domain/errors.ts'
import type { NewAccount } from '../../../pipeline/import.ts'
import type { Pipeline } from '../../../pipeline/pipeline.ts'
import {
  accountId,
  checkFields,
  described,
  FieldFault,
  type FieldKinds,
  isObject,
  optional,
  profileField,
  refuseStrangers,
} from '../fields.ts'
import { type Item, itemsOf } from './account-items.ts'
import { errorJson, faultOf, headersOf, JSON_TYPE } from './answers.ts'

const SLICE_ACCOUNTS = 1000
const SLICES_UNDER_WAY_MAX = 4

/** Most failures that an answer lists. */
const FAILURES_LISTED_MAX = 100

const accountKinds: FieldKinds = {
  id: accountId,
  nick: optional(profileField),
  avatarUrl: optional(profileField),
}

export interface ImportAnswer {
  /** Lines with something on them. */
  lines: number
  created: number
  /** Accounts that were there before. */
  known: number
  failures: number
  /** The first of the failures. */
  failed: { line: number; id: string | null; code: ErrorName; message: string }[]
}

export async function importAccounts(
  request: IncomingMessage,
  response: ServerResponse,
  pipeline: Pick<Pipeline, 'importAccounts'>,
  documentBytesMax: number,
): Promise<void> {
  const run = new Import(pipeline)
  try {
    // Ending early must not destroy the request: the answer goes out on its connection.
    const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    const isLines = isLinesType(request.headers['content-type'])
    for await (const items of itemsOf(body, { documentBytesMax, isLines })) await run.take(items)
    await run.end()
  } catch (error) {
    await run.settled()
    if (request.errored !== null || response.destroyed) return
    if (!(error instanceof Fault)) throw error
    refuse(request, response, error, run.answer)
    return
  }
  response.writeHead(200, { 'content-type': JSON_TYPE })
  response.end(JSON.stringify(run.answer))
}

function isLinesType(contentType: string | undefined): boolean {
  return /^application\/(x-ndjson|jsonl)\b/i.test(contentType ?? '')
}

/** Answers a call that ends before its body does. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  beside: object = {},
): void {
  const fault = faultOf(error)
  const body = JSON.stringify({ ...errorJson(fault), ...beside })
  response.writeHead(errors[fault.kind].http, { ...headersOf(fault), connection: 'close' })
  response.end(body)
  request.resume()
}

class Import {
  readonly answer: ImportAnswer = { lines: 0, created: 0, known: 0, failures: 0, failed: [] }
  readonly #pipeline: Pick<Pipeline, 'importAccounts'>
  #slice: NewAccount[] = []
  /** The line of each account of the slice. */
  #lines: number[] = []
  readonly #underWay = new Set<Promise<void>>()
  /** What the server cannot take just now. */
  #refusal: Fault | null = null

  constructor(pipeline: Pick<Pipeline, 'importAccounts'>) {
    this.#pipeline = pipeline
  }

  /** Waits while enough is under way. Throws what the server refuses everything with. */
  async take(items: readonly Item[]): Promise<void> {
    for (const item of items) {
      this.answer.lines += 1
      this.#add(item)
      if (this.#slice.length < SLICE_ACCOUNTS) continue
      this.#send()
      while (this.#underWay.size >= SLICES_UNDER_WAY_MAX) await Promise.race(this.#underWay)
      if (this.#refusal) throw this.#refusal
    }
  }

  async end(): Promise<void> {
    if (this.#slice.length > 0) this.#send()
    await this.settled()
    if (this.#refusal) throw this.#refusal
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  #add({ line, value, fault }: Item): void {
    try {
      if (fault !== null) throw fault
      this.#slice.push(accountOf(value))
      this.#lines.push(line)
    } catch (error) {
      this.#fail(line, isObject(value) ? value.id : null, faultOf(error))
    }
  }

  #send(): void {
    const slice = this.#slice
    const lines = this.#lines
    this.#slice = []
    this.#lines = []
    const sent = this.#import(slice, lines).finally(() => this.#underWay.delete(sent))
    this.#underWay.add(sent)
  }

  /** Imports a slice. One that is refused for one of its accounts is tried again, each alone. */
  async #import(slice: readonly NewAccount[], lines: readonly number[]): Promise<void> {
    try {
      const { created } = await this.#pipeline.importAccounts(slice)
      this.answer.created += created
      this.answer.known += slice.length - created
    } catch (error) {
      const fault = faultOf(error)
      if (errors[fault.kind].retryable || fault.kind === 'internal') this.#refusal ??= fault
      else if (slice.length === 1) this.#fail(lines[0]!, slice[0]!.id, fault)
      else await Promise.all(slice.map((account, i) => this.#import([account], [lines[i]!])))
    }
  }

  #fail(line: number, id: unknown, { kind, message }: Fault): void {
    this.answer.failures += 1
    if (this.answer.failed.length >= FAILURES_LISTED_MAX) return
    const shownId = typeof id === 'string' ? id.slice(0, 128) : null
    this.answer.failed.push({ line, id: shownId, code: kind, message })
  }
}

function accountOf(value: unknown): NewAccount {
  if (!isObject(value)) throw new FieldFault('account', 'a JSON object', described(value))
  checkFields(value, accountKinds)
  refuseStrangers(value, accountKinds)
  return value as unknown as NewAccount
}
