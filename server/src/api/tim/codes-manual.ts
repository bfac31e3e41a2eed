import { type CodeEntry, codes } from './codes.ts'

/** The page `docs/errors/tim.md`. */
export function timCodesPage(): string {
  const rows = Object.entries<CodeEntry>(codes).map(([code, { meaning, raised }]) => {
    return `| ${code} | ${meaning} | ${raised ?? '–'} |`
  })
  const table = ['| Code | Meaning | Raised when |', '|---|---|---|', ...rows].join('\n')
  return `${introduction}\n\n${table}\n`
}

const introduction = `# Codes of the TIM door

Every answer is HTTP 200. What became of the call stands in its body: \`ActionStatus\` is \`OK\`, \`SomeError\` (some
recipients of a batch failed; \`ErrorCode\` is 0) or \`FAIL\`, and \`ErrorInfo\` names the field, what was expected and what
came. When several things are wrong, the first in [the order of checks](../protocols/tim.md#order-of-checks) is answered.

A dash says that the vendor documents the code and this server never raises it.

This page is written by \`npm run docs\` from the table that the server uses.`
