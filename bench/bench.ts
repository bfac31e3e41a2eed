/**
 * npm run bench -- SCENARIO [options]; --help lists them.
 *
 * Runs the real server as its own process, loads it from this one over real
 * sockets, counts at the receivers, and prints a table. With --json the last
 * line is one JSON object. docs/measurements/README.md tells how to read it.
 */

import { execFileSync } from 'node:child_process'
import { arch, cpus } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { accept } from './scenarios/accept.ts'
import { connect } from './scenarios/connect.ts'
import { floor } from './scenarios/floor.ts'
import { history } from './scenarios/history.ts'
import { live } from './scenarios/live.ts'
import { push } from './scenarios/push.ts'
import type { Figures, Scenario, ScenarioOptions } from './scenarios/scenario.ts'
import { seed } from './scenarios/seed.ts'

const scenarios: Record<string, Scenario> = {
  accept,
  live,
  seed,
  push,
  connect,
  floor,
  history,
}

const program = new Command('bench')
  .argument('<scenario>', `one of ${Object.keys(scenarios).join(', ')}`)
  .option('--seconds <n>', 'how long to measure', positive)
  .option('--accounts <n>', 'accounts to import', positive)
  .option('--terminals <n>', 'terminals to open', positive)
  .option('--connections <n>', 'connections of the caller', positive)
  .option('--window <ms>', 'delivery window', positive)
  .option('--rate <n>', 'calls a second; absent: as fast as answers come', positive)
  .option('--sync-delay <ms>', 'delays every sync of the server by this much', positive)
  .option('--protocol <name>', 'live, connect: which terminals, native or socket.io', 'native')
  .option('--parse', 'accept: has the server parse all recipients as JSON')
  .option('--cpu-prof <folder>', 'writes a CPU profile of the server into this folder')
  .option('--json', 'ends with one JSON object on a line of its own')
  .parse()

const name = program.args[0]!
const scenario = scenarios[name]
if (scenario === undefined)
  program.error(`no scenario '${name}': choose one of ${Object.keys(scenarios).join(', ')}`)

const options = program.opts<ScenarioOptions & { json?: true }>()
const figures = await scenario(options)
print(name, figures)
if (options.json)
  console.log(JSON.stringify({ scenario: name, commit: commit(), machine: machine(), ...figures }))

function print(title: string, rows: Figures): void {
  const width = Math.max(...Object.keys(rows).map((key) => key.length))
  console.log(`\n${title} · ${machine()} · ${commit()}`)
  for (const [key, value] of Object.entries(rows)) {
    const text =
      typeof value === 'number' ? Number(value.toPrecision(4)).toLocaleString('en') : value
    console.log(`  ${key.padEnd(width)}  ${text}`)
  }
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? arch()}, Node ${process.versions.node}`
}

function commit(): string {
  try {
    const text = execFileSync('git', ['describe', '--always', '--dirty'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return String(text).trim()
  } catch {
    return 'no commit'
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is expected')
  return value
}
