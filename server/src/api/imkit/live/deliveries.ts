/**
 * Delivered: what a terminal has been written, and stayed open for a while
 * after. Clients of this door never acknowledge, so this stands in for it.
 *
 * One look a second at the terminals that were written something of late:
 *
 *   written ──▶ settling ──5 s, and the kernel has taken it all──▶ delivered
 *                  └──closed──▶ not delivered
 *
 * What is written while another copy settles, settles after it.
 */
import type { Position } from '../../../domain/place.ts'
import type { ImkitTerminal } from './terminal.ts'

export const SETTLE_MS = 5000

export class Deliveries {
  readonly #onDelivered: (account: number, upTo: Position) => void
  #settling: ImkitTerminal[] = []

  constructor(onDelivered: (account: number, upTo: Position) => void) {
    this.#onDelivered = onDelivered
  }

  written(terminal: ImkitTerminal, clock: () => number): void {
    if (terminal.settling !== 0) return
    settle(terminal, clock())
    this.#settling.push(terminal)
  }

  look(now: number): void {
    this.#settling = this.#settling.filter((terminal) => {
      if (terminal.isClosed) return false
      if (now < terminal.settlesAt || terminal.bytesUnsent > 0) return true
      this.#onDelivered(terminal.account, terminal.settling)
      if (terminal.writtenTo > terminal.settling) settle(terminal, now)
      else terminal.settling = 0
      return terminal.settling !== 0
    })
  }
}

function settle(terminal: ImkitTerminal, now: number): void {
  terminal.settling = terminal.writtenTo
  terminal.settlesAt = now + SETTLE_MS
}
