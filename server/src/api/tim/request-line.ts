/** The request line: `POST /v4/openim/batchsendmsg?sdkappid=…&identifier=…&usersig=…` */
import { Refusal } from './codes.ts'

export interface RequestLine {
  /** `/v4/openim/batchsendmsg` */
  path: string
  sdkappid: string
  identifier: string
  usersig: string
}

/**
 * Percent-decodes once; a plus sign stands for itself. What else is in the
 * query, `random` and `contenttype` for example, is looked at no further.
 */
export function parseRequestLine(url: string): RequestLine {
  const end = url.indexOf('?')
  const line: RequestLine = {
    path: decode(end < 0 ? url : url.slice(0, end)),
    sdkappid: '',
    identifier: '',
    usersig: '',
  }
  if (end < 0) return line
  for (const part of url.slice(end + 1).split('&')) {
    const equals = part.indexOf('=')
    const name = decode(equals < 0 ? part : part.slice(0, equals))
    const value = equals < 0 ? '' : decode(part.slice(equals + 1))
    if (name === 'sdkappid' || name === 'identifier' || name === 'usersig') line[name] = value
  }
  return line
}

function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    const at = text.search(/%(?![0-9a-f]{2})/i)
    const came = at < 0 ? 'bytes that are no UTF-8' : JSON.stringify(text.slice(at, at + 3))
    throw new Refusal(60002, `HTTP parse error, check the URL: after % came ${came}`)
  }
}
