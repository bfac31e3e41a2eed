export const BODY_BYTES_MAX = 262_144

/** What is read and thrown away of a body that is too large, or not wanted. */
export const DISCARDED_BYTES_MAX = 4_194_304

/** The time in which the vendor answers or gives up; a caller that is ready sends in a blink. */
export const BODY_TIMEOUT_MS = 3000
