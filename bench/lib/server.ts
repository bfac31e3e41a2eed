/** The real server, as its own process, with a folder and keys of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeUserSig } from '../../server/src/access/usersig.ts'
import { Measured } from './process.ts'

export const keys = {
  CARILLON_SDKAPPID: '1400000001',
  CARILLON_SECRET_KEY: 'a key for benchmarks on this machine only, made of nothing worth keeping',
  CARILLON_API_KEY: 'bench-api-key',
  CARILLON_CLIENT_KEY: 'bench-client-key',
  CARILLON_JWT_SECRET: 'bench-jwt-secret',
}

export interface BenchServer {
  process: Measured
  host: string
  port: number
  folder: string
  /** Stops the server and deletes its folder. */
  end(): Promise<void>
}

export interface BenchServerOptions {
  env?: Record<string, string>
  /** Flags for the runtime, such as --cpu-prof. */
  nodeFlags?: readonly string[]
  /** Where its data is; a new temporary folder by default. */
  folder?: string
}

export async function startBenchServer(options: BenchServerOptions = {}): Promise<BenchServer> {
  const folder =
    options.folder ??
    mkdtempSync(join(process.env.CARILLON_BENCH_DIR ?? tmpdir(), 'carillon-bench-'))
  const cli = new URL('../../server/src/cli/carillon.ts', import.meta.url).pathname
  const measured = new Measured('server', [...(options.nodeFlags ?? []), cli, 'serve'], {
    ...keys,
    CARILLON_DATA: folder,
    CARILLON_PORT: '0',
    // Rates are the contract's, not the machine's: a benchmark measures the machine.
    CARILLON_TIM_CALLS_PER_SECOND: '0',
    CARILLON_LOG: 'info',
    ...options.env,
  })
  const url = await measured.line((line) => /"url":"(http[^"]+)"/.exec(line)?.[1])
  const { hostname, port } = new URL(url)
  return {
    process: measured,
    host: hostname,
    port: Number(port),
    folder,
    async end() {
      await measured.stop()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A TIM request line that is good for a day. */
export function timPath(command: string): string {
  const sig = makeUserSig({
    account: 'administrator',
    sdkAppId: Number(keys.CARILLON_SDKAPPID),
    key: keys.CARILLON_SECRET_KEY,
    nowSeconds: Math.floor(Date.now() / 1000),
    expireSeconds: 86_400,
  })
  const query = `sdkappid=${keys.CARILLON_SDKAPPID}&identifier=administrator&usersig=${sig}`
  return `/v4/${command}?${query}&random=${Math.floor(Math.random() * 2 ** 32)}&contenttype=json`
}
