import { type CodeEntry, codes } from './codes.ts'

/** The page `docs/errors/imkit.md`. */
export function imkitCodesPage(): string {
  const rows = Object.entries<CodeEntry>(codes).map(
    ([code, { http, meaning }]) => `| \`${code}\` | ${http} | ${meaning} |`,
  )
  const table = ['| Code | HTTP, RC | Answered when |', '|---|---|---|', ...rows].join('\n')
  return `${introduction}\n\n${table}\n`
}

const introduction = `# Codes of the IMKIT door

A failure has an HTTP status of 400 or more, and this body. \`RC\` is the status; \`RM\` names the field or thing, what was
expected and what came.

\`\`\`json
{ "RC": 404, "RM": "sender: there is no client \\"zoe\\"",
  "error": { "code": "CLIENT_NOT_FOUND", "message": "sender: there is no client \\"zoe\\"" } }
\`\`\`

With 429, 503 and 507 the same call may succeed later; \`error.retryAfter\` and the header \`Retry-After\` say after how many
seconds. An entry of a batch that fails does not fail the call:
[what can become of an entry](../protocols/imkit.md#entries).

This page is written by \`npm run docs\` from the table that the server uses.`
