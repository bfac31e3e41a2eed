/**
 * How long to wait before the next attempt to connect: anything up to a bound
 * that doubles from attempt to attempt. Wholly random, because after a restart
 * of the server all of its terminals come back, and each at another time is
 * the kindest way.
 */
export function pauseMs(
  attempts: number,
  msMin: number,
  msMax: number,
  random: () => number,
): number {
  return random() * Math.min(msMax, msMin * 2 ** Math.min(attempts, 30))
}
