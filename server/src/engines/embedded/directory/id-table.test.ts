import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IdTable } from './id-table.ts'

describe('the id table', () => {
  test('finds what was added, and nothing else, while it grows', () => {
    const table = new IdTable()
    const count = 60_000
    const wrong: number[] = []
    for (let number = 1; number <= count; number += 1) {
      if (table.findId(`id ${number}`) !== 0) wrong.push(number)
      table.addId(number, `id ${number}`)
      if (table.findId(`id ${number}`) !== number) wrong.push(number)
    }
    for (let number = 1; number <= count; number += 1) {
      if (table.findId(`id ${number}`) !== number || table.id(number) !== `id ${number}`) {
        wrong.push(number)
      }
    }
    expect(wrong).toEqual([])
    expect(table.count).toBe(count)
    expect(table.nextNumber).toBe(count + 1)
  })

  test('keeps ids whole where a chunk of the arena ends', () => {
    const table = new IdTable()
    // 8,000 entries of 133 bytes do not divide a chunk of 1 MiB, and fill it more than once.
    const ids = Array.from({ length: 16_000 }, (_, n) => `${n}`.padStart(128, '-'))
    ids.forEach((id, n) => {
      table.addId(n + 1, id)
    })
    expect(ids.filter((id, n) => table.id(n + 1) !== id || table.findId(id) !== n + 1)).toEqual([])
  })

  test('takes at most 70 bytes an account with ids of 12 bytes', () => {
    const table = new IdTable()
    for (const count of [50_000, 100_000, 200_000]) {
      for (let number = table.count + 1; number <= count; number += 1) {
        table.addId(number, `user${String(number).padStart(8, '0')}`)
      }
      expect(table.bytes / count).toBeLessThan(70)
    }
  })

  test('refuses an id without bytes or with too many', () => {
    const table = new IdTable()
    expect(() => table.addId(1, '')).toThrow('an id has 1 to 128 bytes, this one 0')
    expect(() => table.addId(1, 'x'.repeat(129))).toThrow('this one 129')
    expect(table.count).toBe(0)
    expect(table.findId('x'.repeat(129))).toBe(0)
  })

  test('agrees with a map, whatever the ids and numbers', () => {
    const id = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 32 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), minLength: 1, maxLength: 4 }),
    )
    const account = fc.tuple(fc.integer({ min: 1, max: 0x7fffffff }), id)
    fc.assert(
      fc.property(fc.array(account, { maxLength: 200 }), fc.array(id), (accounts, strangers) => {
        const table = new IdTable()
        const numbers = new Map<string, number>()
        for (const [number, id] of accounts) {
          if (numbers.has(id) || table.has(number)) continue
          numbers.set(id, number)
          table.addId(number, id)
        }
        const wrong = [...numbers.keys(), ...strangers].filter((id) => {
          const number = numbers.get(id) ?? 0
          const inside = Buffer.from(`[${id}]`)
          const found = [table.findId(id), table.find(inside, 1, inside.length - 1)]
          return found.some((one) => one !== number) || (number > 0 && table.id(number) !== id)
        })
        expect(wrong).toEqual([])
        expect(table.nextNumber).toBe(Math.max(0, ...numbers.values()) + 1)
      }),
    )
  })
})
