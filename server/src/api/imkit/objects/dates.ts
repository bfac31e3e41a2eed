/** A date as this door says it: in ISO form and, for the clients, in milliseconds. */
export function date(name: string, timeMs: number): Record<string, string | number> {
  return { [name]: new Date(timeMs).toISOString(), [`${name}MS`]: timeMs }
}
