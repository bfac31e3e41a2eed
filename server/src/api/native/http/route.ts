import type { IncomingHttpHeaders } from 'node:http'
import type { Directory } from '../../../engines/directory.ts'
import type { Pipeline } from '../../../pipeline/pipeline.ts'
import type { Views } from '../../../views/views.ts'
import {
  checkFields,
  described,
  FieldFault,
  type FieldKinds,
  isObject,
  refuseStrangers,
} from '../fields.ts'
import type { Identify } from '../identify.ts'
import type { Callers } from './callers.ts'

/** What the routes share. */
export interface HttpContext {
  pipeline: Pipeline
  views: Views
  directory: Directory
  callers: Callers
  identify: Identify
  now: () => number
}

/** A request, as far as a route looks at it. */
export interface HttpRequest {
  headers: IncomingHttpHeaders
  /** A part of the path, decoded. */
  parameter(name: string): string
  query(name: string): string | undefined
  text(): Promise<string>
}

/** Answers with JSON text. What it throws becomes the answer, too. */
export type Call = (context: HttpContext, request: HttpRequest) => Promise<string>

/** The fields of a JSON body; an empty body has none. */
export async function bodyOf(
  request: HttpRequest,
  kinds: FieldKinds,
): Promise<Record<string, unknown>> {
  const text = await request.text()
  const body = text.trim() === '' ? {} : parse(text)
  if (!isObject(body)) throw new FieldFault('body', 'a JSON object', described(body))
  checkFields(body, kinds)
  refuseStrangers(body, kinds)
  return body
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new FieldFault('body', 'a JSON object', 'something that is not JSON')
  }
}
