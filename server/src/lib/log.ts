import { type DestinationStream, type Logger, pino } from 'pino'
import { standardOutput } from './standard-output.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
export type Log = Logger

/** Structured log lines, one JSON object each. What could open a door is never among them. */
export function createLog(level: LogLevel, destination: DestinationStream = standardOutput): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths(), censor: '(hidden)' },
    serializers: { url: hideSignatures },
  }
  return pino(options, destination)
}

const secretFields = [
  'usersig',
  'UserSig',
  'token',
  'accessToken',
  'key',
  'secretKey',
  'apiKey',
  'clientKey',
  'jwtSecret',
  'password',
  'authorization',
  '["im-authorization"]',
  '["im-api-key"]',
  '["im-client-key"]',
  'cookie',
]

/** The fields at the top of a line and in objects up to two deep, such as `request.headers`. */
function redactedPaths(): string[] {
  return secretFields.flatMap((field) => {
    const after = field.startsWith('[') ? field : `.${field}`
    return [field, `*${after}`, `*.*${after}`]
  })
}

/** TIM carries its credential in the URL. */
function hideSignatures(url: unknown): unknown {
  return typeof url === 'string'
    ? url.replace(/([?&](?:usersig|token)=)[^&#]*/gi, '$1(hidden)')
    : url
}
