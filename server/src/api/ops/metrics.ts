/**
 * What operators measure. Names follow the Prometheus habits: base units,
 * `_total` for counters. docs/operating/metrics.md explains each.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

/** Sizes that are asked for when somebody looks, rather than kept. */
export interface Sizes {
  accounts(): number
  conversations(): number
  copies(): number
  indexBytes(): number
  journalBytes(): number
  diskBytesFree(): number
  terminals(): number
  terminalWrites(): number
}

export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const timCalls = new Counter({
    name: 'carillon_tim_calls_total',
    help: 'Calls through the TIM door, by command and ErrorCode',
    labelNames: ['command', 'code'] as const,
    registers,
  })
  const timSeconds = new Histogram({
    name: 'carillon_tim_call_seconds',
    help: 'From the whole request to the answer, by command',
    labelNames: ['command'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3],
    registers,
  })
  const imkitCalls = new Counter({
    name: 'carillon_imkit_calls_total',
    help: 'Calls through the IMKIT door, by route and HTTP status',
    labelNames: ['route', 'status'] as const,
    registers,
  })
  const imkitSeconds = new Histogram({
    name: 'carillon_imkit_call_seconds',
    help: 'From the whole request to the answer, by route of the IMKIT door',
    labelNames: ['route'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3],
    registers,
  })
  const nativeSeconds = new Histogram({
    name: 'carillon_v1_call_seconds',
    help: 'Calls through our own door, from the request to its answer',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10],
    registers,
  })
  const copies = new Counter({
    name: 'carillon_copies_total',
    help: 'Copies that became durable',
    registers,
  })
  const batches = new Counter({
    name: 'carillon_batches_total',
    help: 'Batches that became durable',
    registers,
  })
  const syncSeconds = new Histogram({
    name: 'carillon_journal_sync_seconds',
    help: 'One write and sync of the journal',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
    registers,
  })
  const syncRecords = new Counter({
    name: 'carillon_journal_records_total',
    help: 'Records that became durable',
    registers,
  })
  const damaged = new Counter({
    name: 'carillon_damaged_total',
    help: 'Stored things met that do not match their checksum',
    labelNames: ['where'] as const,
    registers,
  })
  const terminalsClosed = new Counter({
    name: 'carillon_terminals_closed_total',
    help: 'Terminals that the server closed, by reason',
    labelNames: ['reason'] as const,
    registers,
  })

  return {
    registry,
    timCalls,
    timSeconds,
    imkitCalls,
    imkitSeconds,
    nativeSeconds,
    copies,
    batches,
    syncSeconds,
    syncRecords,
    damaged,
    terminalsClosed,
    watch,
  }

  function watch(sizes: Sizes): void {
    gauge('carillon_accounts', 'Accounts that exist', sizes.accounts)
    gauge('carillon_conversations', 'Conversations in the index', sizes.conversations)
    gauge('carillon_copies_indexed', 'Copies in the index', sizes.copies)
    gauge('carillon_index_bytes', 'Memory of the index', sizes.indexBytes)
    gauge('carillon_journal_bytes', 'Length of the journal', sizes.journalBytes)
    gauge('carillon_disk_free_bytes', 'Free where the journal is', sizes.diskBytesFree)
    gauge('carillon_terminals', 'Open terminals', sizes.terminals)
    gauge('carillon_terminal_writes', 'Writes to terminals so far', sizes.terminalWrites)
  }

  function gauge(name: string, help: string, ask: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(ask())
      },
    })
  }
}
