import type { PushWay } from '../../../domain/device.ts'
import type { Outcomes } from '../../../domain/record.ts'

/** The ways by their codes. A new one goes to the end: what is written keeps its meaning. */
export const WAYS: readonly PushWay[] = [
  'apns',
  'apns-voip',
  'fcm',
  'web',
  'hook',
  'print',
  'hook-generic',
]

export const OUTCOME_WAYS: readonly Outcomes['way'][] = ['none', ...WAYS]
