/** What Google checks of a message, and the form in which it refuses one. */

export interface FcmFault {
  status: number
  /** FCM's code, or the status in words where FCM has none. */
  reason: string
  /** The field that is not as it should be. */
  field?: string
}

const BYTES_MAX = 4096

const codesOfFcm = new Set([
  'UNREGISTERED',
  'SENDER_ID_MISMATCH',
  'QUOTA_EXCEEDED',
  'UNAVAILABLE',
  'INTERNAL',
  'THIRD_PARTY_AUTH_ERROR',
])

/** The statuses that go with FCM's codes. */
const statusNames: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

export function googleError({ status, reason, field }: FcmFault): string {
  const code = { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: reason }
  const violation = {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field, description: `Invalid value at '${field}'` }],
  }
  const details = [
    ...(codesOfFcm.has(reason) ? [code] : []),
    ...(field === undefined ? [] : [violation]),
  ]
  const message = field === undefined ? `The request was refused: ${reason}` : `Invalid: ${field}`
  return JSON.stringify({
    error: {
      code: status,
      message,
      status: statusNames[status] ?? 'UNKNOWN',
      ...(details.length > 0 && { details }),
    },
  })
}

export function faultOfMessage(message: unknown): FcmFault | null {
  const { token, data = {}, notification = {}, android = {} } = message as Record<string, unknown>
  if (typeof token !== 'string' || token.length < 16) return invalid('message.token')
  for (const [key, value] of Object.entries(data as object)) {
    if (typeof value !== 'string' || /^(from|google.*|gcm.*)$/.test(key)) {
      return invalid(`message.data[${key}]`)
    }
  }
  const { ttl = '0s' } = android as { ttl?: unknown }
  const seconds = Number(/^(\d+)s$/.exec(String(ttl))?.[1])
  if (!(seconds >= 0 && seconds <= 2_419_200)) return invalid('message.android.ttl')
  const bytes = Buffer.byteLength(JSON.stringify({ notification, data }))
  return bytes > BYTES_MAX ? invalid('message') : null
}

function invalid(field: string): FcmFault {
  return { status: 400, reason: 'INVALID_ARGUMENT', field }
}
