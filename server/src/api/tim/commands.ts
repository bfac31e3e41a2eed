/** Every command that is served. One of the contract that is not here is answered as unknown. */
import type { Command } from './command.ts'
import { account_check } from './im_open_login_svc/account_check.ts'
import { account_import } from './im_open_login_svc/account_import.ts'
import { kick } from './im_open_login_svc/kick.ts'
import { multiaccount_import } from './im_open_login_svc/multiaccount_import.ts'
import { admin_getroammsg } from './openim/admin_getroammsg.ts'
import { admin_msgwithdraw } from './openim/admin_msgwithdraw.ts'
import { admin_set_msg_read } from './openim/admin_set_msg_read.ts'
import { batchsendmsg } from './openim/batchsendmsg.ts'
import { get_c2c_unread_msg_num } from './openim/get_c2c_unread_msg_num.ts'
import { modify_c2c_msg } from './openim/modify_c2c_msg.ts'
import { query_online_status } from './openim/query_online_status.ts'
import { querystate } from './openim/querystate.ts'

export const commands: readonly Command[] = [
  batchsendmsg,
  admin_getroammsg,
  admin_msgwithdraw,
  modify_c2c_msg,
  admin_set_msg_read,
  get_c2c_unread_msg_num,
  query_online_status,
  querystate,
  account_import,
  multiaccount_import,
  account_check,
  kick,
]

/** `openim/batchsendmsg` */
export function nameOf({ service, name }: Pick<Command, 'service' | 'name'>): string {
  return `${service}/${name}`
}
