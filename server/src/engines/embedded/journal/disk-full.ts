/** There was no room for a write, and what it had written has been taken back, durably. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull'

  constructor(cause: unknown) {
    super('there was no room for a write', { cause })
  }
}

export function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return code === 'ENOSPC' || code === 'EDQUOT'
}
