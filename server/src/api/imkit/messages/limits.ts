/** How many messages a page has, unless the caller says it, and at most. */
export const LIMIT = 20
export const LIMIT_MAX = 1000
