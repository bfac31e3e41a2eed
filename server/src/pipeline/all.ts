/** Waits until the fate of each is known, even when one is refused; then throws the first refusal. */
export async function all(appends: readonly Promise<unknown>[]): Promise<void> {
  for (const settled of await Promise.allSettled(appends)) {
    if (settled.status === 'rejected') throw settled.reason
  }
}
