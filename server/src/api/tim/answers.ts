/** The envelope around every answer: `ActionStatus`, `ErrorCode`, `ErrorInfo`. */
import type { Code } from './codes.ts'

/** Success, with what the command has to tell. */
export function succeeded(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ...more })
}

/** Some recipients of a batch failed; the code says success all the same. */
export function partlySucceeded(more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ActionStatus: 'SomeError', ErrorCode: 0, ErrorInfo: '', ...more })
}

/** Nothing was done, and why. */
export function failed(code: Code, info: string): string {
  return JSON.stringify({ ActionStatus: 'FAIL', ErrorCode: code, ErrorInfo: info })
}
