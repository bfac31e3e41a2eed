/**
 * Starts and stops the server. The only file that names concrete engines and
 * joins the rooms: engines, pipeline, gateway and the doors.
 *
 *   starting   the port is taken, so that a second server fails at once;
 *              the folder is opened and caught up; every call answers 503
 *   serving    all doors are open
 *   stopping   no new connections; calls under way are answered, terminals
 *              are told to come back, and what is in memory is written down
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isKey, keyOf } from './access/api-key.ts'
import { directRoomId } from './api/imkit/direct-room-id.ts'
import { openImkit } from './api/imkit/imkit.ts'
import { openImkitLive } from './api/imkit/live/live.ts'
import { Logins } from './api/imkit/live/logins.ts'
import { openImkitNotifications } from './api/imkit/notification.ts'
import { openHookBodies } from './api/imkit/push/hook-bodies.ts'
import { openIsMuted } from './api/imkit/push/mutes.ts'
import { openNativeHttp } from './api/native/http.ts'
import { openNativeLive } from './api/native/live.ts'
import { createMetrics } from './api/ops/metrics.ts'
import { openOps } from './api/ops/ops.ts'
import { openTimNotifications } from './api/tim/notification.ts'
import { openTim } from './api/tim/tim.ts'
import { NOBODY } from './domain/account.ts'
import { Fault } from './domain/errors.ts'
import { openEmbedded } from './engines/embedded/open.ts'
import type { Engines } from './engines/engines.ts'
import { openMemoryEngines } from './engines/memory/engines.ts'
import { openTerminals } from './gateway/terminals.ts'
import { openLanes } from './lanes.ts'
import { exitCodes } from './lib/exit-codes.ts'
import type { Log } from './lib/log.ts'
import { createListener, isLoopback, listen, pathOf } from './listener.ts'
import { openPipeline } from './pipeline/pipeline.ts'
import type { NotificationOf } from './pipeline/push/content.ts'
import { openDirect } from './pipeline/push/direct.ts'
import { ShownNotifications } from './pipeline/push/shown.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { openConversationIds } from './views/conversation-ids.ts'
import { openViews } from './views/views.ts'

export interface ServerOptions {
  settings: Settings
  secrets: Secrets
  log: Log
}

export interface RunningServer {
  /** Where it listens: http://127.0.0.1:3100 */
  url: string
  /** Stops gracefully. May be asked more than once. */
  stop(reason: string): Promise<void>
}

type State = 'starting' | 'serving' | 'stopping'

export async function startServer({
  settings,
  secrets,
  log,
}: ServerOptions): Promise<RunningServer> {
  let state: State = 'starting'
  let serve = answerStarting
  const metrics = createMetrics()

  const server = await createListener(settings, (request, response) => serve(request, response))
  const url = await listen(server, settings)

  const engines = await openEngines().catch(stopStarting)
  const { journal, index, directory } = engines
  const terminals = openTerminals({
    outboxBytes: settings.outboxBytes,
    deliveryWindowMs: settings.deliveryWindowMs,
    onClosed: (reason) => metrics.terminalsClosed.inc({ reason }),
  })
  const conversationIds = openConversationIds(engines, directRoomId)
  const views = openViews(engines)
  const logins = new Logins()
  const said = { directory, index, conversationIds, views, logins, settings }
  const shown = settings.pushWithdraw ? new ShownNotifications() : null
  const timNotifications = openTimNotifications(directory)
  const lanes = await openLanes({
    settings,
    shown,
    log,
    generation: journal.generation,
    notificationOf: notificationsOf({ tim: timNotifications, imkit: openImkitNotifications(said) }),
    hookBodies: openHookBodies(said, { tim: timNotifications }),
  }).catch(async (error: unknown) => {
    await engines.close()
    return stopStarting(error)
  })
  const pipeline = await openPipeline({
    engines,
    audience: terminals,
    diskReserveBytes: settings.diskReserveMb * 2 ** 20,
    accountsMax: settings.accountsMax,
    batchEntriesMax: settings.batchEntriesMax,
    findConversation: conversationIds.find,
    push: {
      lanes: lanes.lanes,
      isMuted: openIsMuted(said),
      lifetimeMs: settings.pushLifetimeHours * 3_600_000,
      withdrawing: shown && { shown, pushers: lanes.pushers },
      log,
      ...metrics.push,
    },
    onDurable: ({ recipients }) => {
      metrics.batches.inc()
      metrics.copies.inc(copiesTo(recipients))
    },
  })
  await importAdmins()

  const shared = { settings, secrets, pipeline, views, directory, log }
  const live = openNativeLive({ ...shared, terminals })
  const native = openNativeHttp(shared)
  const tim = openTim({
    ...shared,
    isOnline: (account) => terminals.isOpen(account),
    platformsOf: (account) => terminals.platformsOf(account),
    onCall: (command, code, ms) => {
      metrics.timCalls.inc({ command, code: String(code) })
      metrics.timSeconds.observe({ command }, ms / 1000)
    },
  })
  const imkitDoor = {
    ...shared,
    index,
    conversationIds,
    logins,
    audience: terminals,
    pushDirectly: openDirect(lanes.pushers, pipeline),
    now: Date.now,
  }
  const imkitLive = openImkitLive({ ...imkitDoor, terminals })
  const imkit = openImkit({
    ...imkitDoor,
    onAsked: (account) => terminals.asked(account),
    onCall: (route, status, ms) => {
      metrics.imkitCalls.inc({ route, status: String(status) })
      metrics.imkitSeconds.observe({ route }, ms / 1000)
    },
  })
  const ops = openOps({
    metrics,
    isServing: () => state === 'serving',
    unready,
    mayReadMetrics: (request) =>
      isLoopback(request) || isKey(keyOf(request.headers), secrets.apiKey),
  })
  metrics.watch({
    accounts: () => directory.count,
    conversations: () => index.size().conversations,
    copies: () => index.size().copies,
    indexBytes: () => index.size().bytes,
    journalBytes: () => journal.end,
    diskBytesFree: () => engines.bytesFree(),
    terminals: () => terminals.count,
    terminalWrites: () => terminals.writes,
    devices: () => directory.deviceCount,
    lanes: () => pipeline.lanes(),
  })

  serve = (request, response) => {
    const path = pathOf(request)
    if (path.startsWith('/v1/') || path === '/v1') {
      response.once('finish', metrics.nativeSeconds.startTimer())
      return native(request, response)
    }
    if (/^\/v\d+(\/|$)/.test(path)) return tim(request, response)
    if (ops.serves(path)) return void ops.handle(path, request, response)
    if (path === '/socket.io/') return imkitLive.handle(request, response)
    // Whose path nobody knows is told so in this door's envelope: its clients wait for one.
    imkit.handle(request, response)
  }
  server.on('upgrade', (request, socket, head) => {
    const path = state === 'serving' ? pathOf(request) : ''
    if (path === '/v1/live') live.upgrade(request, socket, head)
    else if (path === '/socket.io/') imkitLive.upgrade(request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  })
  state = 'serving'

  let stopped: Promise<void> | null = null
  return { url, stop: (reason) => (stopped ??= stop(reason)) }

  async function openEngines(): Promise<Engines> {
    if (settings.store === 'memory') return openMemoryEngines()
    return openEmbedded({
      folder: settings.data,
      segmentBytes: settings.segmentBytes,
      checkpointEntries: settings.checkpointEntries,
      log,
      onDamage: (where) => metrics.damaged.inc({ where }),
      onFatal: endProcess,
      onSync({ records, milliseconds }) {
        metrics.syncRecords.inc(records)
        metrics.syncSeconds.observe(milliseconds / 1000)
      },
    })
  }

  function stopStarting(error: unknown): never {
    server.closeAllConnections()
    server.close()
    throw error
  }

  /** A server whose disk is full still starts, to be read. */
  async function importAdmins(): Promise<void> {
    const unknown = settings.admins.filter((id) => directory.number(id) === NOBODY)
    if (unknown.length === 0) return
    await pipeline.importAccounts(unknown.map((id) => ({ id }))).catch((error: unknown) => {
      if (!(error instanceof Fault && error.kind === 'diskFull')) throw error
      log.warn({ accounts: unknown }, 'the disk is full: these administrators are not imported')
    })
  }

  /** The disk cannot be trusted any more: nobody may be told anything, and nothing is retried. */
  function endProcess(error: unknown): void {
    log.fatal({ err: error }, 'the journal cannot be written; what was acknowledged is safe')
    process.exit(exitCodes.ioError.status)
  }

  function unready(): string | null {
    if (state !== 'serving') return state
    if (engines.bytesFree() < settings.diskReserveMb * 2 ** 20) return 'the disk is nearly full'
    return null
  }

  async function stop(reason: string): Promise<void> {
    log.info({ reason }, 'stopping')
    state = 'stopping'
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeIdleConnections()
    // Connections whose calls are answered from now on go soon after, the answer whole.
    server.keepAliveTimeout = 1
    const timer = setTimeout(() => server.closeAllConnections(), CALLS_UNDER_WAY_MS)
    imkitLive.close()
    await live.close()
    await closed
    clearTimeout(timer)
    await pipeline.close()
    await lanes.close()
    await engines.close()
    log.info('stopped')
  }
}

/** A notification is worded by the door through which the message came, also after an edit. */
function notificationsOf(doors: Record<'tim' | 'imkit', NotificationOf>): NotificationOf {
  return (copy, ...receiver) => {
    const { format } = copy.batch.content
    return format === 'native' ? null : doors[format](copy, ...receiver)
  }
}

function copiesTo(recipients: Int32Array): number {
  let copies = 0
  for (const recipient of recipients) if (recipient !== NOBODY) copies += 1
  return copies
}

/** How long calls under way may take to end once the server stops. */
const CALLS_UNDER_WAY_MS = 5000

function answerStarting(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' })
  response.end('starting\n')
}
