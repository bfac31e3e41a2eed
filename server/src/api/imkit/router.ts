/** Finds the route of a path. A slash at its end does not matter; parameters are percent-decoded. */
import { Refusal } from './answers.ts'
import type { Route } from './route.ts'

export interface FoundRoute {
  route: Route
  params: Readonly<Record<string, string>>
}

export interface Router {
  /** Throws a Refusal when the path, or the method on it, is not served. */
  find(method: string, path: string): FoundRoute
}

const NONE: Readonly<Record<string, string>> = Object.freeze({})

export function openRouter(routes: readonly Route[]): Router {
  /** Paths without parameters, which most calls have. */
  const plain = new Map<string, Route[]>()
  /** The others, by how many parts they have. */
  const patterns = new Map<number, { parts: string[]; route: Route }[]>()
  for (const route of routes) {
    const parts = partsOf(route.path)
    if (route.path.includes('/:')) into(patterns, parts.length, { parts, route })
    else into(plain, route.path, route)
  }

  return {
    find(method, path) {
      const trimmed = path.replace(/\/+$/, '')
      const served = plain.get(trimmed) ?? []
      const route = served.find((each) => each.method === method)
      if (route !== undefined) return { route, params: NONE }

      const came = partsOf(trimmed)
      const matching = (patterns.get(came.length) ?? []).filter(({ parts }) => matches(parts, came))
      const match = matching.find((each) => each.route.method === method)
      if (match !== undefined) {
        return { route: match.route, params: paramsOf(match.parts, came) }
      }
      const others = [...served, ...matching.map((each) => each.route)]
      if (others.length > 0) throw otherMethod(path, method, others)
      throw new Refusal('NOT_FOUND', `nothing is served at ${path}`)
    },
  }
}

function otherMethod(path: string, method: string, routes: readonly Route[]): Refusal {
  const allowed = [...new Set(routes.map((route) => route.method))].join(', ')
  const message = `${path} is served with ${allowed}, but ${method} came`
  return new Refusal('METHOD_NOT_ALLOWED', message, { allowed })
}

function into<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}

function partsOf(path: string): string[] {
  return path.split('/').slice(1)
}

function matches(parts: readonly string[], came: readonly string[]): boolean {
  return parts.every((part, i) => (part.startsWith(':') ? came[i] !== '' : part === came[i]))
}

function paramsOf(parts: readonly string[], came: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {}
  parts.forEach((part, i) => {
    if (part.startsWith(':')) params[part.slice(1)] = decoded(came[i]!)
  })
  return params
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(
      'INVALID_QUERY',
      `${part.slice(0, 80)}: expected a path in percent-encoded UTF-8`,
    )
  }
}
