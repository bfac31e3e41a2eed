/** What nests deeper might exhaust the stack of whoever writes it out, here or at a reader's. */
export const LEVELS_MAX = 64

/** Whether arrays and objects nest in more levels than these. */
export function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((inner) => nestsDeeper(inner, levels - 1))
}
