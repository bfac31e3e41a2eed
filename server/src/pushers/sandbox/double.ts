/**
 * A double stands in for a provider: it speaks the provider's protocol over TLS
 * on loopback, checks what the provider checks, and shows what it was given.
 */
export interface Double {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string
  close(): Promise<void>
}

export interface DoubleOptions {
  /** 0: any free one. */
  port: number
  /** PEM of a certificate for 127.0.0.1, and its key. */
  tls: { cert: string; key: string }
  /** Hears of every push that was accepted or refused. */
  onPush?(push: DoublePush): void
}

export interface DoublePush {
  /** As the caller addressed it: a token, or the path of a subscription. */
  device: string
  /** What the double answered. */
  status: number
  /** Why it was refused; empty: it was taken. */
  reason: string
  headers: Readonly<Record<string, string>>
  /** The decoded payload; null: it could not be decoded. */
  payload: unknown
}
