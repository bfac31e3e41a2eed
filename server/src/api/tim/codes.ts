/**
 * Every code of the TIM door, in one table. The manual page docs/errors/tim.md
 * is written from it, and a refusal can only carry a code that stands here.
 */

export interface CodeEntry {
  meaning: string
  /** When it is raised; null: documented by the vendor, reserved here, never raised. */
  raised: string | null
}

export const codes = {
  // Public: the calling convention.
  60002: { meaning: 'the URL cannot be parsed', raised: 'bad percent-encoding in path or query' },
  60003: { meaning: 'the body cannot be parsed', raised: null },
  60004: { meaning: 'the account in the URL is wrong', raised: '`identifier` is missing or empty' },
  60005: { meaning: 'the account in the URL is wrong', raised: null },
  60006: { meaning: 'the app id is not valid', raised: '`sdkappid` is not a decimal integer' },
  60007: {
    meaning: 'too many calls',
    raised: 'the rate of this command, or the recipients of a minute, are used up',
  },
  60008: {
    meaning: 'malformed HTTP request, or too late',
    raised: 'the method is not POST, or the body has not come within 3 s',
  },
  60009: {
    meaning: 'there is no such command',
    raised: 'version, service or command is unknown, or not served yet',
  },
  60010: { meaning: 'the caller is not an administrator', raised: null },
  60011: { meaning: 'too many calls of this app', raised: 'the rate of all commands is used up' },
  60012: { meaning: 'the app id is missing', raised: '`sdkappid` is absent or empty' },
  60013: { meaning: 'the answer cannot be parsed', raised: null },
  60014: { meaning: 'accounts were not translated in time', raised: null },
  60015: { meaning: 'an account in the body is not a string', raised: null },
  60016: { meaning: 'the app is disabled', raised: '`CARILLON_TIM_APP_ENABLED` is false' },
  60017: {
    meaning: 'the command is disabled',
    raised: '`CARILLON_TIM_DISABLED_COMMANDS` names the command',
  },
  60018: {
    meaning: 'too much to do, try again later',
    raised: 'too many calls wait for the journal, or the server is stopping',
  },
  60019: { meaning: 'too much to do, try again later', raised: null },
  60020: { meaning: 'the plan has expired', raised: null },
  60021: {
    meaning: 'this address may not call',
    raised: '`CARILLON_TIM_ALLOWED_IPS` is set and the address is not in it',
  },

  // Public: UserSig and accounts.
  70001: { meaning: 'the UserSig has expired', raised: 'now > `TLS.time` + `TLS.expire`' },
  70002: { meaning: 'the UserSig is empty', raised: '`usersig` is missing or empty' },
  70003: {
    meaning: 'the UserSig cannot be parsed',
    raised: 'base64, zlib, JSON or a field of it is wrong',
  },
  70005: { meaning: 'the UserSig is illegal', raised: null },
  70009: { meaning: 'the UserSig has another signature', raised: 'the HMAC differs' },
  70013: {
    meaning: 'the UserSig is of another account',
    raised: '`identifier` is not `TLS.identifier`',
  },
  70014: { meaning: 'the UserSig is of another app', raised: '`sdkappid` is not `TLS.sdkappid`' },
  70016: { meaning: 'there is no key to verify with', raised: 'the secret key is empty' },
  70020: { meaning: 'there is no such app', raised: '`sdkappid` is not the one of this server' },
  70050: {
    meaning: 'too many failed verifications, try again in a minute',
    raised: 'one address sent `CARILLON_TIM_FAILED_SIGNATURES_PER_MINUTE` wrong UserSigs',
  },
  70051: { meaning: 'the account is blocked', raised: '`CARILLON_BLOCKED_ACCOUNTS` names it' },
  70052: {
    meaning: 'the UserSig was revoked',
    raised: '`TLS.time` is not after the last kick of the account',
  },
  70107: {
    meaning: 'the account does not exist',
    raised: 'in `ErrorList`; of the call itself: kick, and a status query in which nobody exists',
  },
  70114: { meaning: 'login is limited for security', raised: null },
  70169: { meaning: 'the server was too slow', raised: null },
  70202: { meaning: 'the server was too slow', raised: null },
  70206: { meaning: 'the size of a batch is not allowed', raised: null },
  70398: {
    meaning: 'there are as many accounts as allowed',
    raised: '`CARILLON_ACCOUNTS_MAX` is reached; nobody of the call is imported',
  },
  70402: {
    meaning: 'a parameter is missing or illegal',
    raised: 'account service: the body cannot be parsed, or a field is wrong',
  },
  70403: {
    meaning: 'the caller is not an administrator',
    raised: 'account service: `CARILLON_ADMINS` does not name `identifier`',
  },
  70500: { meaning: 'internal error', raised: 'account service: full disk or unexpected fault' },
  71000: { meaning: 'accounts may not be deleted', raised: null },
  80001: { meaning: 'the text was blocked', raised: null },
  80002: { meaning: 'the message is too long', raised: null },
  80003: { meaning: 'the webhook before sending failed', raised: null },

  // Profiles.
  40005: { meaning: 'the profile was blocked', raised: null },
  40006: { meaning: 'internal error', raised: null },
  40601: {
    meaning: 'a profile field is too long',
    raised: 'account_import: `Nick` or `FaceUrl` has more than 500 bytes',
  },

  // openim.
  20022: {
    meaning: 'there is no such message',
    raised:
      'a recall or a change: `From_Account` sent `To_Account` nothing under this `MsgKey` that is ' +
      'kept; a change: or it was recalled',
  },
  20023: { meaning: 'the message was recalled already', raised: 'a recall for the second time' },
  90001: {
    meaning: 'the body cannot be parsed, or a number of it is wrong',
    raised:
      'the body is not a JSON object; an array of accounts is empty; `MaxCnt`, `MinTime`, `MaxTime`, ' +
      '`LastMsgKey`, `MsgReadTime` or `IsNeedDetail` is wrong',
  },
  90002: {
    meaning: 'MsgBody is not a message',
    raised:
      '`MsgBody` is missing or empty; an entry is not an object, or has no `MsgType` or `MsgContent`',
  },
  90003: {
    meaning: 'To_Account is missing or of the wrong type',
    raised: '`To_Account`, or the second account of a pair, is missing, mistyped or unknown',
  },
  90005: { meaning: 'MsgRandom is missing or wrong', raised: '`MsgRandom` is not a uint32' },
  90006: { meaning: 'MsgTimeStamp is not an integer', raised: null },
  90007: { meaning: 'MsgBody is not an array', raised: '`MsgBody` is of another type' },
  90008: {
    meaning: 'From_Account is wrong or unknown',
    raised:
      '`From_Account` is given but not a known account; the first account of a pair is missing, ' +
      'mistyped or unknown; `Peer_Account` of an unread query is not an array of strings',
  },
  90009: {
    meaning: 'the caller is not an administrator',
    raised: 'openim: `CARILLON_ADMINS` does not name `identifier`',
  },
  90010: {
    meaning: 'the message does not follow its format',
    raised:
      'an unknown `MsgType`, a missing or wrong content field, two custom elements; `MsgSeq`, ' +
      '`OnlineOnlyFlag`, `IsNeedReadReceipt`, `SupportMessageExtension`, `CloudCustomData` or ' +
      '`SendMsgControl` is wrong; a change brings neither `MsgBody` nor `CloudCustomData`',
  },
  90011: {
    meaning: 'too many accounts',
    raised: 'more than 500 in `To_Account`, or more than 10 in `Peer_Account`',
  },
  90012: {
    meaning: 'nobody in To_Account exists',
    raised: 'no recipient is imported; a change: `To_Account` is not',
  },
  90026: { meaning: 'MsgLifeTime is out of range', raised: '`MsgLifeTime` is not in 0–604800' },
  90030: { meaning: 'SyncFromOldSystem is wrong', raised: null },
  90031: {
    meaning: 'SyncOtherMachine is not an integer',
    raised: '`SyncOtherMachine` is mistyped',
  },
  90043: {
    meaning: 'OfflinePushInfo is malformed',
    raised: 'it is not an object, or a field of it is mistyped',
  },
  90044: { meaning: 'MsgLifeTime is not an integer', raised: '`MsgLifeTime` is mistyped' },
  90048: {
    meaning: 'the account does not exist',
    raised: 'no `From_Account` is given and the calling administrator is not imported',
  },
  90054: {
    meaning: 'MsgKey is malformed',
    raised: 'a recall or a change: `MsgKey` is missing, or not three decimal numbers joined by `_`',
  },
  90055: { meaning: 'the batch is too long', raised: null },
  90992: { meaning: 'internal error', raised: null },
  90994: { meaning: 'internal error', raised: null },
  90995: { meaning: 'internal error', raised: null },
  91000: { meaning: 'internal error', raised: 'openim: full disk or unexpected fault' },
  93000: {
    meaning: 'the message or the body is too long',
    raised:
      '`MsgBody` and `CloudCustomData` are over `CARILLON_TIM_MESSAGE_BYTES`, or the body over 262144 bytes',
  },
} as const satisfies Record<number, CodeEntry>

export type Code = keyof typeof codes

/** The call is answered FAIL with this code. The text names the field, what was expected and what came. */
export class Refusal extends Error {
  readonly code: Code

  constructor(code: Code, info: string = codes[code].meaning) {
    super(info)
    this.name = 'Refusal'
    this.code = code
  }
}
