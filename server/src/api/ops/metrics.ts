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
  devices(): number
  lanes(): readonly LaneSize[]
}

/** How a lane of notifications is doing. */
export interface LaneSize {
  way: string
  jobs: number
  underWay: number
  breaker: 'closed' | 'half-open' | 'open'
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
    help: 'From the head of the request to the answer, by command',
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
    help: 'From the head of the request to the answer, by route of the IMKIT door',
    labelNames: ['route'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3],
    registers,
  })
  const nativeSeconds = new Histogram({
    name: 'carillon_v1_call_seconds',
    help: 'Calls under /v1/, from the head of the request to the end of the answer',
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
    help: 'One sync of the journal',
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

  const pushes = new Counter({
    name: 'carillon_pushes_total',
    help: 'Notifications that have their outcome, by way and state',
    labelNames: ['way', 'state'] as const,
    registers,
  })
  const pushSeconds = new Histogram({
    name: 'carillon_push_seconds',
    help: 'From handing a notification over to the answer of its provider, by way',
    labelNames: ['way'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const devicesDropped = new Counter({
    name: 'carillon_devices_dropped_total',
    help: 'Devices that their provider called dead',
    labelNames: ['way'] as const,
    registers,
  })
  /** What the push stage tells. */
  const push = {
    onSettled: (way: string, state: string, count: number) => pushes.inc({ way, state }, count),
    onAnswer: (way: string, ms: number) => pushSeconds.observe({ way }, ms / 1000),
    onDeviceGone: (way: string) => devicesDropped.inc({ way }),
  }

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
    push,
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
    gauge('carillon_devices', 'Devices that are registered', sizes.devices)
    laneGauge(
      'carillon_push_jobs',
      'Notifications under way, or to be tried again',
      ({ jobs }) => jobs,
    )
    laneGauge(
      'carillon_push_under_way',
      'Those that a provider has not answered',
      ({ underWay }) => underWay,
    )
    laneGauge(
      'carillon_push_breaker',
      '0: a way takes notifications; 1: one is tried; 2: it takes none',
      ({ breaker }) => ['closed', 'half-open', 'open'].indexOf(breaker),
    )

    function laneGauge(name: string, help: string, of: (lane: LaneSize) => number): void {
      new Gauge({
        name,
        help,
        labelNames: ['way'] as const,
        registers,
        collect() {
          for (const lane of sizes.lanes()) this.set({ way: lane.way }, of(lane))
        },
      })
    }
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
