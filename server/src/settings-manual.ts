import { flagOf, rows } from './settings.ts'
import { type SettingRow, sections } from './settings-table.ts'

/** The settings as the end of `carillon serve --help`. */
export function settingsHelp(): string {
  const lines: string[] = []
  for (const [title, inside] of bySection()) {
    lines.push('', `${title}:`)
    for (const row of inside) {
      const flag = `  ${flagOf(row.name)} ${row.kind.placeholder}`
      lines.push(`${flag}\n      ${row.meaning} (${defaultInHelp(row)})`)
    }
  }
  lines.push(
    '',
    'Each flag is also an environment variable (--port is CARILLON_PORT) and a line of the settings',
    'file; a flag overrides the environment, which overrides the file.',
  )
  return lines.join('\n')
}

/** The page `docs/operating/settings.md`. */
export function settingsPage(): string {
  const parts = [introduction]
  for (const [title, inside] of bySection()) {
    parts.push(
      `## ${title}`,
      [
        '| Name | Default | Expected | Meaning |',
        '|---|---|---|---|',
        ...inside.map(tableLine),
      ].join('\n'),
    )
  }
  return `${parts.join('\n\n')}\n`
}

const introduction = `# Settings

Each setting has one name. \`CARILLON_PORT\` is an environment variable, a line of the settings file, and, as
\`--port\`, a flag of \`carillon serve\`. A flag overrides the environment, which overrides the file.

- The settings file (\`CARILLON_SETTINGS_FILE\`) has one \`NAME=VALUE\` a line. Lines that begin with \`#\` are comments;
  quotes around a whole value are taken off.
- Space around a value is taken off. An empty value stands for the default.
- A flag that is true or false may stand alone: \`--strict-receivers\`.
- A name that begins with \`CARILLON_\` and is not in this table stops the start, and so does a value that is not what is
  expected. All that is wrong is reported together, a line for each, with [exit status 78](exit-codes.md).
- Keys that are not given are generated at the first start, kept in \`secrets.json\` in the data folder, readable by its
  owner alone, and used again. Nothing is kept with \`CARILLON_STORE=memory\`. Everybody on a machine can read the flags of
  its processes: give keys by environment or file.

This page is written by \`npm run docs\` from the table that the server reads.`

function bySection(): [string, SettingRow[]][] {
  return Object.entries(sections).map(([section, title]) => [
    title,
    rows.filter((row) => row.section === section),
  ])
}

function tableLine(row: SettingRow): string {
  const cells = [`\`${row.name}\``, defaultInTable(row), row.kind.expected, row.meaning]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function defaultInHelp(row: SettingRow): string {
  if (row.default === null) return withoutDefault(row)
  return isEmptyList(row) ? 'default: empty' : `default: ${row.default}`
}

function defaultInTable(row: SettingRow): string {
  if (row.default === null) return withoutDefault(row)
  return isEmptyList(row) ? 'empty' : `\`${row.default}\``
}

function withoutDefault(row: SettingRow): string {
  return row.section === 'keys' ? 'generated' : 'none'
}

function isEmptyList(row: SettingRow): boolean {
  return Array.isArray(row.default) && row.default.length === 0
}
