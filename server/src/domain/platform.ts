/** What a terminal runs on. A browser is the web, whatever it runs on. */
export const platforms = ['iphone', 'ipad', 'android', 'web', 'pc', 'mac'] as const
export type Platform = (typeof platforms)[number]

/** More is not looked at: a user agent may be of any length. */
const CHARACTERS_MAX = 512

/** The first that is found counts: browsers name the system that they run on. */
const signs: readonly (readonly [RegExp, Platform])[] = [
  [/^mozilla|^web|browser/, 'web'],
  [/ipad/, 'ipad'],
  [/iphone|\bios\b|cfnetwork/, 'iphone'],
  [/android|okhttp/, 'android'],
  [/mac|darwin/, 'mac'],
  [/windows|win32|linux|\bpc\b|desktop/, 'pc'],
]

/** From a word of the app's or the user agent of its connection; null: that does not tell. */
export function platformOf(said: string): Platform | null {
  const text = said.slice(0, CHARACTERS_MAX).trim().toLowerCase()
  return signs.find(([sign]) => sign.test(text))?.[1] ?? null
}
