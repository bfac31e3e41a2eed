import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BareTerminal } from '../../test/lib/bare-terminal.ts'
import type { Platform } from '../domain/platform.ts'
import { Registry } from './registry.ts'
import type { Terminal } from './terminal.ts'

test('it knows what a map of sets knows', () => {
  const accounts = fc.constantFrom(1, 2, 31, 32, 33, 64, 50_000, 1_000_003, 2 ** 25)
  const steps = fc.array(fc.record({ account: accounts, adds: fc.boolean(), pick: fc.nat() }))
  fc.assert(
    fc.property(steps, (all) => {
      const registry = new Registry()
      const model = new Map<number, Set<Terminal>>()
      for (const { account, adds, pick } of all) {
        const set = model.get(account) ?? new Set()
        model.set(account, set)
        if (adds) {
          const terminal = new BareTerminal()
          registry.add(terminal, account)
          set.add(terminal)
        } else if (set.size > 0) {
          const terminal = [...set][pick % set.size]!
          registry.remove(terminal)
          set.delete(terminal)
        }
      }
      for (const [account, set] of model) {
        expect(registry.has(account)).toBe(set.size > 0)
        expect(registry.has(account + 1)).toBe((model.get(account + 1)?.size ?? 0) > 0)
        const found = new Set<Terminal>()
        for (let each = registry.first(account); each !== null; each = each.sibling) found.add(each)
        expect(found).toEqual(set)
        expect(registry.countOf(account)).toBe(set.size)
      }
      expect(registry.count).toBe([...model.values()].reduce((sum, { size }) => sum + size, 0))
    }),
  )
})

test('it tells what the terminals of an account run on', () => {
  const registry = new Registry()
  const on = (platform: Platform | null) =>
    Object.assign(new BareTerminal(), { platform }) as Terminal
  const [phone, browser, other, silent] = [on('iphone'), on('web'), on('web'), on(null)]
  for (const terminal of [phone, browser, other, silent]) registry.add(terminal, 7)
  expect(registry.platformsOf(7)).toEqual(new Set(['iphone', 'web']))
  registry.remove(browser)
  registry.remove(phone)
  expect(registry.platformsOf(7)).toEqual(new Set(['web']))
  registry.remove(other)
  expect(registry.platformsOf(7)).toEqual(new Set())
  expect(registry.platformsOf(8)).toEqual(new Set())
})
