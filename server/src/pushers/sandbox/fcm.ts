/**
 * Stands in for Firebase Cloud Messaging, and for the endpoint that gives access
 * tokens to its service account.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type FcmFault, faultOfMessage, googleError } from './fcm-errors.ts'
import { openGrants } from './fcm-grants.ts'
import {
  type DoubleRequest,
  type Http2Double,
  type Http2DoubleOptions,
  startHttp2Double,
  type Verdict,
} from './http2-double.ts'

export interface FcmDouble extends Http2Double {
  /** As in the JSON file that Google gives for a service account. */
  serviceAccount: FcmServiceAccount
  /** Access tokens that have been given, and what the endpoint does when asked for the next. */
  readonly grants: {
    readonly given: number
    /** The tokens that are out are not taken any more. */
    revoke(): void
    /** Answers so until it is told null. */
    refuseWith(
      answer: { status: number; headers?: Record<string, string>; body: string } | null,
    ): void
  }
}

export interface FcmServiceAccount {
  type: 'service_account'
  project_id: string
  private_key_id: string
  private_key: string
  client_email: string
  token_uri: string
}

export interface FcmDoubleOptions extends Http2DoubleOptions {
  projectId?: string
  now?(): number
}

export async function startFcmDouble(options: FcmDoubleOptions): Promise<FcmDouble> {
  const { projectId = 'carillon-sandbox', now = Date.now } = options
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const serviceAccount: FcmServiceAccount = {
    type: 'service_account',
    project_id: projectId,
    private_key_id: randomBytes(20).toString('hex'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: `push@${projectId}.iam.gserviceaccount.com`,
    token_uri: '',
  }
  const grants = openGrants({ account: serviceAccount, publicKey, now })
  const sendPath = `/v1/projects/${projectId}/messages:send`

  const double = await startHttp2Double(options, async (request) => {
    if (request.path === '/token')
      return { push: null, reason: '', ...(await grants.give(request)) }
    const message = messageOf(request)
    return verdict(message, faultOf(request, message))
  })

  function faultOf({ method, path, headers }: DoubleRequest, message: unknown): FcmFault | null {
    if (!grants.isGood(headers.authorization)) return { status: 401, reason: 'UNAUTHENTICATED' }
    if (method !== 'POST' || path !== sendPath) return { status: 404, reason: 'NOT_FOUND' }
    return faultOfMessage(message)
  }

  function verdict(message: Message, fault: FcmFault | null): Verdict {
    const name = `projects/${projectId}/messages/0:${randomBytes(8).toString('hex')}`
    return {
      push: { device: String(message.token ?? ''), payload: message },
      status: fault?.status ?? 200,
      reason: fault?.reason ?? '',
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: fault === null ? JSON.stringify({ name }) : googleError(fault),
    }
  }

  serviceAccount.token_uri = `${double.origin}/token`
  // Getters would be lost in a spread.
  return Object.assign(double, { serviceAccount, grants: grants.handle })
}

type Message = Record<string, unknown>

function messageOf({ body }: DoubleRequest): Message {
  try {
    const { message } = JSON.parse(body.toString())
    return typeof message === 'object' && message !== null ? message : {}
  } catch {
    return {}
  }
}
