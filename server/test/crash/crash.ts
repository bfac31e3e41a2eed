/**
 * npm run crash -- [--cycles N] [--seed S]
 *
 * Kills the real server with SIGKILL at random moments under mixed load, on one
 * folder for 200 cycles at a time, and proves after every cycle that what was acknowledged is there,
 * whole and once, and that every counter is exact. Checkpoints and segments are
 * made small, so that many are under way when the end comes.
 */
import { rmSync } from 'node:fs'
import { Command } from 'commander'
import { Random } from '../lib/random.ts'
import { newFolder, runCli, startServer } from '../lib/server.ts'
import { checkAccounts, checkRooms, checkWhole } from './check.ts'
import { Load } from './load.ts'
import { Model } from './model.ts'

/** Many are checked every so often and at the end; in between, a few. */
const CHECK_MANY_EVERY = 50
const MANY_ACCOUNTS = 150
const FEW_ACCOUNTS = 6

/** Every kill is followed by a recount of everything, so a long run begins a new folder now and then. */
const FOLDER_CYCLES = 200

const settings = {
  CARILLON_TIM_CALLS_PER_SECOND: '0',
  CARILLON_TIM_UNREAD_MAX: '0',
  CARILLON_CHECKPOINT_ENTRIES: '1000',
  CARILLON_SEGMENT_BYTES: '65536',
  CARILLON_LOG: 'info',
}

export interface CrashOptions {
  cycles: number
  seed: number
  say?: (line: string) => void
}

/** Returns what was wrong after the first cycle in which anything was. */
export async function crash({ cycles, seed, say = () => {} }: CrashOptions): Promise<string[]> {
  const random = new Random(seed)
  let answered = 0
  let batches = 0
  for (let from = 1; from <= cycles; from += FOLDER_CYCLES) {
    const to = Math.min(cycles, from + FOLDER_CYCLES - 1)
    const { wrong, ...life } = await liveThrough({ from, to, seed, random, say })
    if (wrong.length > 0) return wrong
    answered += life.answered
    batches += life.batches
  }
  say(
    `${cycles} cycles, ${answered} calls answered, ${batches} batches: nothing lost, nothing twice`,
  )
  return []
}

interface Life {
  answered: number
  batches: number
  wrong: string[]
}

/** The cycles of one folder. It is kept when anything was wrong. */
async function liveThrough(options: {
  from: number
  to: number
  seed: number
  random: Random
  say: (line: string) => void
}): Promise<Life> {
  const { from, to, seed, random, say } = options
  const folder = newFolder()
  const model = new Model()
  const load = new Load(model, random)
  const setup = { folder, env: settings }
  let answered = 0
  const lifeWith = (cycle: number, wrong: string[]): Life => ({
    answered,
    batches: model.batches.size,
    wrong: wrong.length === 0 ? [] : [`seed ${seed}, cycle ${cycle}, folder ${folder}`, ...wrong],
  })
  for (let cycle = from; cycle <= to; cycle += 1) {
    await using server = await startServer(setup)
    if (cycle === from) await load.begin(server)
    const isThorough = cycle % CHECK_MANY_EVERY === 0 || cycle === to
    const accounts = random.some([...model.accounts], isThorough ? MANY_ACCOUNTS : FEW_ACCOUNTS)
    const wrong = [
      ...(await checkWhole(server, model)),
      ...(await checkAccounts(server, model, accounts)),
      ...(isThorough ? await checkRooms(server, model) : []),
    ]
    const retried = await load.retry(server)
    if (retried > 0) wrong.push(...(await checkAccounts(server, model, accounts)))
    if (retried > 0 && isThorough) wrong.push(...(await checkRooms(server, model)))
    if (wrong.length > 0) return lifeWith(cycle, wrong)

    const dead = load.until(server)
    await new Promise((resolve) => setTimeout(resolve, 20 + random.below(400)))
    await server.kill()
    const calls = await dead
    answered += calls

    const recount = await runCli(['recount', '--data', folder])
    if (recount.status !== 0) return lifeWith(cycle, [recount.stdout, recount.stderr])
    say(
      `cycle ${cycle}: ${calls} calls answered, ${retried} retried, ${model.batches.size} batches so far`,
    )
  }
  rmSync(folder, { recursive: true, force: true })
  return lifeWith(to, [])
}

if (import.meta.main) {
  const options = new Command('crash')
    .option('--cycles <n>', 'how often to kill the server', Number, 100)
    .option('--seed <s>', 'repeats a run', Number, Date.now() % 2 ** 32)
    .parse()
    .opts<CrashOptions>()
  console.log(`seed ${options.seed}`)
  const wrong = await crash({ ...options, say: console.log })
  for (const line of wrong) console.error(line)
  process.exitCode = wrong.length > 0 ? 1 : 0
}
