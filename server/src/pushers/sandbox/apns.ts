/** Stands in for Apple's service: the checks of its documentation, in its words. */
import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { openApnsTokenCheck } from './apns-token.ts'
import {
  type DoubleRequest,
  type Http2Double,
  type Http2DoubleOptions,
  startHttp2Double,
  type Verdict,
} from './http2-double.ts'

export interface ApnsDouble extends Http2Double {
  credentials: ApnsCredentials
}

/** What Apple gives to who develops an app. */
export interface ApnsCredentials {
  keyId: string
  teamId: string
  /** PKCS#8 PEM, as in a `.p8` file. */
  key: string
  /** The bundle id of the app. */
  topic: string
}

export interface ApnsDoubleOptions extends Http2DoubleOptions {
  credentials?: ApnsCredentials
  now?(): number
}

export async function startApnsDouble(options: ApnsDoubleOptions): Promise<ApnsDouble> {
  const { credentials = newApnsCredentials(), now = Date.now } = options
  const publicKey = createPublicKey(credentials.key)
  const checkToken = openApnsTokenCheck({ ...credentials, publicKey, now })

  const double = await startHttp2Double(options, async (request) => {
    const device = request.path.replace('/3/device/', '')
    const fault =
      faultOfRequest(request, device) ??
      (await checkToken(request.headers.authorization)) ??
      faultOfHeaders(request.headers, credentials.topic) ??
      faultOfPayload(request)
    return verdict(request, device, fault)
  })
  // Getters would be lost in a spread.
  return Object.assign(double, { credentials })
}

export function newApnsCredentials(): ApnsCredentials {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    keyId: randomBytes(5).toString('hex').toUpperCase(),
    teamId: randomBytes(5).toString('hex').toUpperCase(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    topic: 'org.example.carillon',
  }
}

/** A status, and Apple's reason. */
export type Fault = readonly [status: number, reason: string]

function verdict(request: DoubleRequest, device: string, fault: Fault | null): Verdict {
  const { 'apns-id': id = randomUUID().toUpperCase() } = request.headers
  const [status, reason] = fault ?? [200, '']
  return {
    push: { device, payload: parsed(request.body) },
    status,
    reason,
    headers: { 'apns-id': id },
    body: fault === null ? '' : JSON.stringify({ reason }),
  }
}

function faultOfRequest({ method, path }: DoubleRequest, device: string): Fault | null {
  if (method !== 'POST') return [405, 'MethodNotAllowed']
  if (!path.startsWith('/3/device/')) return [404, 'BadPath']
  if (device === '') return [400, 'MissingDeviceToken']
  return /^([0-9a-fA-F]{2}){8,100}$/.test(device) ? null : [400, 'BadDeviceToken']
}

function faultOfHeaders(headers: Record<string, string>, topic: string): Fault | null {
  const { 'apns-push-type': type = '', 'apns-priority': priority = '10' } = headers
  const wanted = type === 'voip' ? `${topic}.voip` : topic
  if (headers['apns-topic'] === undefined) return [400, 'MissingTopic']
  if (headers['apns-topic'] !== wanted) return [400, 'TopicDisallowed']
  if (!/^(alert|background|voip)$/.test(type)) return [400, 'InvalidPushType']
  if (!/^(1|5|10)$/.test(priority)) return [400, 'BadPriority']
  if (type === 'background' && priority === '10') return [400, 'BadPriority']
  if (!/^\d{1,10}$/.test(headers['apns-expiration'] ?? '0')) return [400, 'BadExpirationDate']
  if (Buffer.byteLength(headers['apns-collapse-id'] ?? '') > 64) return [400, 'BadCollapseId']
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
  return isId.test(headers['apns-id'] ?? randomUUID()) ? null : [400, 'BadMessageId']
}

function faultOfPayload({ headers, body }: DoubleRequest): Fault | null {
  if (body.length === 0) return [400, 'PayloadEmpty']
  const bytesMax = headers['apns-push-type'] === 'voip' ? 5120 : 4096
  return body.length > bytesMax ? [413, 'PayloadTooLarge'] : null
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return null
  }
}
