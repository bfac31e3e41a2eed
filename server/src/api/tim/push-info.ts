/**
 * OfflinePushInfo: how to notify the phones of those who are away. Each field
 * is checked; what is kept are the fields that are known and set, and an empty
 * string says that a field is not set.
 */
import { type Fields, integer, isObject, type Kind, string, unexpected } from './fields.ts'

const androidFields: Readonly<Record<string, Kind>> = {
  Sound: string,
  HuaWeiChannelID: string,
  XiaoMiChannelID: string,
  OPPOChannelID: string,
  GoogleChannelID: string,
  VIVOClassification: integer,
  VIVOCategory: string,
  HuaWeiImportance: string,
  HuaWeiCategory: string,
  HuaWeiImage: string,
  HonorImage: string,
  HonorImportance: string,
  GoogleImage: string,
  PushStyle: integer,
  ExtAsHuaweiIntentParam: integer,
}

const apnsFields: Readonly<Record<string, Kind>> = {
  Sound: string,
  BadgeMode: integer,
  Title: string,
  SubTitle: string,
  Image: string,
  MutableContent: integer,
  InterruptionLevel: string,
  ContentAvailable: integer,
}

const fields: Readonly<Record<string, Kind>> = {
  PushFlag: integer,
  Title: string,
  Desc: string,
  Ext: string,
}

export interface PushInfo {
  /** Compact JSON of what was set; null: nothing was said. */
  json: string | null
  /** The caller asks for no push. */
  isUnpushed: boolean
  /** The message does not count in the number on the icon. */
  isUnbadged: boolean
}

const nothing: PushInfo = { json: null, isUnpushed: false, isUnbadged: false }

/** Lenient: what is malformed counts as absent, whole. One client sends `true` for an object. */
export function parsePushInfo(value: unknown, isLenient: boolean): PushInfo {
  if (value === undefined || value === null) return nothing
  try {
    return readPushInfo(value)
  } catch (refusal) {
    if (isLenient) return nothing
    throw refusal
  }
}

function readPushInfo(value: unknown): PushInfo {
  const info = setFields(value, 'OfflinePushInfo', fields)
  const given = value as Fields
  const android = setFields(given.AndroidInfo ?? {}, 'OfflinePushInfo.AndroidInfo', androidFields)
  const apns = setFields(given.ApnsInfo ?? {}, 'OfflinePushInfo.ApnsInfo', apnsFields)
  if (Object.keys(android).length > 0) info.AndroidInfo = android
  if (Object.keys(apns).length > 0) info.ApnsInfo = apns
  return {
    json: JSON.stringify(info),
    isUnpushed: info.PushFlag === 1,
    isUnbadged: apns.BadgeMode === 1,
  }
}

/** The fields of an object that are set. */
function setFields(
  value: unknown,
  path: string,
  kinds: Readonly<Record<string, Kind>>,
): Record<string, unknown> {
  if (!isObject(value)) throw unexpected(90043, path, 'an object', value)
  const set: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(kinds)) {
    const field = value[name]
    if (field === undefined || field === null || field === '') continue
    if (!kind.accepts(field)) throw unexpected(90043, `${path}.${name}`, kind.expected, field)
    set[name] = field
  }
  return set
}
