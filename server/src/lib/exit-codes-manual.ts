import { exitCodes } from './exit-codes.ts'

/** The page `docs/operating/exit-codes.md`. */
export function exitCodesPage(): string {
  const lines = Object.values(exitCodes).map(({ status, meaning }) => `| ${status} | ${meaning} |`)
  return `# Exit statuses

How \`carillon\` ends. Whatever its operator can act on is a line on standard error beside the status.

| Status | Meaning |
|---|---|
${lines.join('\n')}

A supervisor may start the server again after 69, 70 and 74. After 64, 73 and 78 somebody has to look first.

This page is written by \`npm run docs\` from the table that the program uses.
`
}
