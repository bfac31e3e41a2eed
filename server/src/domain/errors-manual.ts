import { errors } from './errors.ts'

/** The page `docs/errors/errors.md`. */
export function errorsPage(): string {
  const rows = Object.entries(errors).map(
    ([name, { code, http, retryable, meaning }]) =>
      `| \`${name}\` | ${code} | ${http} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
  )
  return `# Errors

What can happen in life, in our own words. Our own door answers with the name and number in the body, and with the
HTTP status; a live terminal hears the name in an \`error\` frame. The TIM door has [codes of its own](tim.md).

\`\`\`json
{ "error": { "code": "unknownAccount", "number": 1001, "message": "no account has the id \\"zoe\\"" } }
\`\`\`

The message names the thing, what was expected and what came. *Again* says whether the same call may succeed later.

| Name | Number | HTTP | Again | Meaning |
|---|---|---|---|---|
${rows.join('\n')}

This page is written by \`npm run docs\` from the table that the server uses.
`
}
