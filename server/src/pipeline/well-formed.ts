import type { Content } from '../domain/batch.ts'

/** Half a surrogate pair becomes U+FFFD now, as it would on its way to the disk: live is as later. */
export function wellFormed(content: Content): Content {
  return content.text.isWellFormed() ? content : { ...content, text: content.text.toWellFormed() }
}
