/** How long to pause after so many failures in a row: doubling up to a limit, a random half of it left out. */
export function jitteredMs(
  failures: number,
  { leastMs, mostMs }: { leastMs: number; mostMs: number },
): number {
  const fullMs = Math.min(mostMs, leastMs * 2 ** Math.min(failures - 1, 30))
  return fullMs * (0.5 + Math.random() / 2)
}
