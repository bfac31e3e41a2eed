/**
 * Processes under measurement: started, asked how much they use, and stopped
 * by their id.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const CLOCK_TICKS_PER_SECOND = 100

export interface Usage {
  cpuSeconds: number
  residentMb: number
}

export class Measured {
  readonly child: ChildProcess
  readonly #name: string

  constructor(name: string, args: readonly string[], env: Record<string, string> = {}) {
    this.#name = name
    this.child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    process.once('exit', () => this.child.kill('SIGKILL'))
  }

  /** The first line on its standard output that `pick` makes something of. */
  line<T>(pick: (line: string) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      let text = ''
      this.child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk
        const lines = text.split('\n')
        text = lines.pop() ?? ''
        for (const line of lines) {
          const picked = pick(line)
          if (picked !== undefined) resolve(picked)
        }
      })
      this.child.once('exit', (code) =>
        reject(new Error(`${this.#name} ended with status ${code}`)),
      )
    })
  }

  usage(): Usage {
    return usageOf(this.child.pid!)
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    await ended
  }
}

/** What a process has used so far; zeros where the system does not tell. */
export function usageOf(pid: number): Usage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const residentKb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
    return { cpuSeconds: ticks / CLOCK_TICKS_PER_SECOND, residentMb: residentKb / 1024 }
  } catch {
    return { cpuSeconds: 0, residentMb: 0 }
  }
}
