/**
 * Whether arrays and objects nest in more levels than these. Writing JSON descends into them, and
 * what nests deeply enough exhausts the stack of whoever does.
 */
export function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((inner) => nestsDeeper(inner, levels - 1))
}
