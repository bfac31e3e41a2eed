/**
 * The doubles of push services, in a thread of their own: what they do must not
 * hold up whoever receives live messages here, and be taken for lateness of the server.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { startSandbox } from '../../server/src/pushers/sandbox/sandbox.ts'

export interface PushDouble {
  /** With which a server pushes to it. */
  settings: Readonly<Record<string, string>>
  /** Pushes that came so far. */
  readonly pushes: number
  close(): Promise<void>
}

export async function startPushDouble(folder: string): Promise<PushDouble> {
  const pushes = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL(import.meta.url), { workerData: { folder, pushes } })
  const [settings] = await once(worker, 'message')
  return {
    settings,
    get pushes() {
      return Atomics.load(pushes, 0)
    },
    async close() {
      await worker.terminate()
    },
  }
}

async function serve({ folder, pushes }: { folder: string; pushes: Int32Array }): Promise<void> {
  const { settings } = await startSandbox({
    ports: { apns: 0, fcm: 0, 'web-push': 0 },
    folder,
    onPush: () => Atomics.add(pushes, 0, 1),
  })
  parentPort!.postMessage(settings)
}

if (!isMainThread) await serve(workerData)
