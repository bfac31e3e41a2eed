const WAIT_MS_MAX = 24 * 3_600_000

/**
 * How long a provider asks to wait, in milliseconds (RFC 9110, section 10.2.3: seconds, or a date).
 * Null: it does not say, or nothing that can be understood.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text) * 1000, WAIT_MS_MAX)
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - nowMs), WAIT_MS_MAX)
}
