import type { Code } from './codes.ts'

/** The same faults have different codes in different services. */
export const services = {
  openim: { notAdmin: 90009, unparsable: 90001, internal: 91000 },
  im_open_login_svc: { notAdmin: 70403, unparsable: 70402, internal: 70500 },
} as const satisfies Record<string, { notAdmin: Code; unparsable: Code; internal: Code }>

export type Service = keyof typeof services
