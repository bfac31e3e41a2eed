/**
 * Withdraw: a notification is taken back when its message is recalled, or read
 * elsewhere. Done once and as well as the platform can; nothing is retried or
 * written down, and after a start nothing is known of what was shown before it.
 */
import { positionOf } from '../../domain/place.ts'
import type { Stored } from '../../domain/record.ts'
import type { PushDirectly } from './direct.ts'
import type { Shown, ShownNotifications } from './shown.ts'

/** Hears of what has just become durable. */
export function openWithdraw(shown: ShownNotifications, push: PushDirectly) {
  return function withdraw(group: readonly Stored[]): void {
    for (const { place, record } of group) {
      if (record.type === 'read') {
        const { reader, peer, upTo } = record
        for (const each of shown.takeRead(reader, peer, upTo ?? positionOf(place, 0)))
          takeBack(each)
      } else if (record.type === 'overlay' && record.change === 'recall') {
        for (const ordinal of record.ordinals) {
          for (const each of shown.takeAt(positionOf(record.place, ordinal))) takeBack(each)
        }
      }
    }
  }

  function takeBack({ device, collapseId, expiresAt }: Shown): void {
    push({
      device,
      title: '',
      subtitle: '',
      body: '',
      badge: null,
      sound: null,
      imageUrl: '',
      data: {},
      collapseId,
      expiresAt,
      priority: 'normal',
      localization: { key: '', arguments: [] },
      apns: { interruptionLevel: '', isMutable: false, isContentAvailable: true },
      androidChannel: '',
      isWithdrawal: true,
    })
  }
}
