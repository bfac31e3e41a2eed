/** What this door answers with: one envelope for success and failure. */
import { type Code, codes } from './codes.ts'

/** A call is not done. The message names the field or thing, what was expected and what came. */
export class Refusal extends Error {
  readonly code: Code
  /** Seconds after which the call may be tried again. */
  readonly retryAfter: number | undefined
  /** The methods with which the path is served. */
  readonly allowed: string | undefined

  constructor(code: Code, message: string, more: { retryAfter?: number; allowed?: string } = {}) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.retryAfter = more.retryAfter
    this.allowed = more.allowed
  }

  get http(): number {
    return codes[this.code].http
  }
}

export function succeeded(result: unknown): string {
  return `{"RC":0,"RM":"OK","result":${JSON.stringify(result ?? {})}}`
}

/** `RC` is the HTTP status: clients take it for the cause, and never read a failure with status 200. */
export function refused({ http, code, message, retryAfter }: Refusal): string {
  return JSON.stringify({ RC: http, RM: message, error: { code, message, retryAfter } })
}
