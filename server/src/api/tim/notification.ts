/**
 * What a message of TIM shows on the phones of those who are away: what
 * OfflinePushInfo says, and what its elements say where that is silent. See
 * docs/protocols/tim.md for what is decided here.
 */
import type { Batch } from '../../domain/batch.ts'
import type { PushWay } from '../../domain/device.ts'
import type { Directory } from '../../engines/directory.ts'
import type { NotificationOf, PushContent, PushedCopy } from '../../pipeline/push/content.ts'
import { type TimFields, timFieldsOf } from '../bridge/tim-from-imkit.ts'
import type { ElementContent } from './elements.ts'
import { textOf } from './message-body.ts'

/** OfflinePushInfo as it is kept: checked, and without fields that are not set. */
interface PushInfo {
  Title?: string
  Desc?: string
  Ext?: string
  AndroidInfo?: { Sound?: string; GoogleChannelID?: string; GoogleImage?: string }
  ApnsInfo?: ApnsInfo
}

interface ApnsInfo {
  Sound?: string
  Title?: string
  SubTitle?: string
  Image?: string
  MutableContent?: number
  InterruptionLevel?: string
  ContentAvailable?: number
}

/** Whose phone it is; null: a browser, or whatever a hook leads to. */
type Platform = 'apple' | 'google' | null

/** What the newest batch of a way shows. */
interface Worded {
  batch: Batch
  content: PushContent | null
}

export function openTimNotifications(directory: Directory): NotificationOf {
  // Every recipient of a batch is shown the same, and they come one after the other.
  const newest = new Map<PushWay, Worded>()

  return (copy, _account, way) => {
    // An app that is woken for calls has to show one each time, and no message of TIM is a call.
    if (way === 'apns-voip') return null
    if (copy.changedAt !== null) return word(copy, platformOf(way), directory)
    const known = newest.get(way)
    if (known?.batch === copy.batch) return known.content
    const content = word(copy, platformOf(way), directory)
    newest.set(way, { batch: copy.batch, content })
    return content
  }
}

function platformOf(way: PushWay): Platform {
  if (way === 'apns') return 'apple'
  return way === 'fcm' ? 'google' : null
}

function word(copy: PushedCopy, platform: Platform, directory: Directory): PushContent | null {
  const { push } = copy.batch
  const info: PushInfo | null = push === null ? null : JSON.parse(push)
  const { Title = '', Desc, AndroidInfo = {}, ApnsInfo = {} } = info ?? {}
  const { MsgBody } = timFieldsOf(copy.content)
  const text = Desc ?? textOf(MsgBody)
  const title = platform === 'apple' ? (ApnsInfo.Title ?? Title) : Title
  if (text === '' && (title === '' || isOneCustom(MsgBody))) return null

  const custom: ElementContent = info === null ? customOf(MsgBody) : {}
  const Sound = platform === 'apple' ? ApnsInfo.Sound : AndroidInfo.Sound
  const ext = (info?.Ext ?? custom.Ext ?? '') as string
  const image = platform === 'apple' ? ApnsInfo.Image : (AndroidInfo.GoogleImage ?? ApnsInfo.Image)
  const content: PushContent = {
    title,
    subtitle: ApnsInfo.SubTitle ?? '',
    body: title === '' ? withNick(text, copy.sender, directory) : text,
    sound: (Sound ?? (custom.Sound as string | undefined)) || 'default',
    imageUrl: image ?? '',
    data: ext === '' ? {} : { ext },
    priority: 'high',
    localization: { key: '', arguments: [] },
    apns: apnsOf(ApnsInfo),
    androidChannel: AndroidInfo.GoogleChannelID ?? '',
    showsBadge: true,
    collapseId: null,
  }
  return platform === 'apple' && ApnsInfo.ContentAvailable === 1 ? silent(content) : content
}

/** Without a title, the sender's nickname stands before the text. */
function withNick(text: string, sender: number, directory: Directory): string {
  const nick = directory.profiles([sender])[0]?.nick ?? ''
  return nick === '' ? text : `${nick}:${text}`
}

function isOneCustom(elements: TimFields['MsgBody']): boolean {
  return elements.length === 1 && elements[0]!.MsgType === 'TIMCustomElem'
}

/** What the message's own element asks for. It counts where there is no OfflinePushInfo. */
function customOf(elements: TimFields['MsgBody']): ElementContent {
  return elements.find(({ MsgType }) => MsgType === 'TIMCustomElem')?.MsgContent ?? {}
}

const LEVELS = ['active', 'critical', 'passive', 'time-sensitive'] as const

function apnsOf(info: ApnsInfo): PushContent['apns'] {
  return {
    interruptionLevel: LEVELS.find((level) => level === info.InterruptionLevel) ?? '',
    isMutable: info.MutableContent === 1,
    isContentAvailable: info.ContentAvailable === 1,
  }
}

/** Wakes the app for a moment; nothing is shown or heard. */
function silent(content: PushContent): PushContent {
  return { ...content, title: '', subtitle: '', body: '', sound: null, priority: 'normal' }
}
