import { describe, expect, test } from 'vitest'
import { compileFilter } from '../../src/api/imkit/rooms/filter.ts'
import { compilePattern } from '../../src/api/imkit/rooms/pattern.ts'

describe('a filter', () => {
  const room = {
    name: 'Lounge',
    roomTags: ['vip', 'x'],
    count: 5,
    createdTime: '2026-01-02T00:00:00.000Z',
    isOpen: true,
    nested: { a: { b: 'deep' } },
    list: [{ client: 'ann' }, { client: 'bob' }],
  }

  test.each([
    [{}, true],
    [{ name: 'Lounge' }, true],
    [{ name: 'lounge' }, false],
    [{ name: 'Lounge', count: 4 }, false],
    [{ roomTags: 'vip' }, true],
    [{ roomTags: ['vip', 'x'] }, true],
    [{ roomTags: ['vip'] }, false],
    [{ absent: null }, true],
    [{ name: null }, false],
    [{ name: { $in: ['a', 'Lounge'] } }, true],
    [{ roomTags: { $in: ['x'] } }, true],
    [{ roomTags: { $in: [] } }, false],
    [{ roomTags: { $all: ['x', 'vip'] } }, true],
    [{ roomTags: { $all: ['x', 'y'] } }, false],
    [{ count: { $gt: 4, $lte: 5 } }, true],
    [{ count: { $gt: 5 } }, false],
    [{ count: { $gte: 5, $lt: 5 } }, false],
    [{ count: { $gt: '4' } }, false],
    [{ createdTime: { $gte: '2026-01-01' } }, true],
    [{ count: { $ne: 5 } }, false],
    [{ roomTags: { $ne: 'y' } }, true],
    [{ roomTags: { $ne: 'x' } }, false],
    [{ absent: { $exists: false } }, true],
    [{ name: { $exists: true } }, true],
    [{ name: { $eq: 'Lounge' } }, true],
    [{ name: { $regex: '^lou', $options: 'i' } }, true],
    [{ roomTags: { $regex: '^v' } }, true],
    [{ count: { $regex: '5' } }, false],
    [{ $and: [{ name: 'Lounge' }, { count: 5 }] }, true],
    [{ $or: [{ name: 'x' }, { $and: [{ count: 5 }] }] }, true],
    [{ $or: [] }, false],
    [{ 'nested.a.b': 'deep' }, true],
    [{ 'list.client': 'bob' }, true],
    [{ 'list.client': { $in: ['cat'] } }, false],
    [{ nested: { a: { b: 'deep' } } }, true],
    [{ isOpen: true }, true],
    [{ constructor: { $exists: true } }, false],
    [{ 'name.length': 6 }, false],
  ])('%j matches: %s', (filter, expected) => {
    expect(compileFilter('q', filter)(room)).toBe(expected)
  })

  test.each([
    { $where: 'true' },
    { name: { $size: 1 } },
    { name: { $in: 'Lounge' } },
    { $and: 'x' },
    { $or: [1] },
    { name: { $regex: 7 } },
    { name: { $regex: '(' } },
    { $or: Array(101).fill({ a: 1 }) },
    { name: { $in: Array(1001).fill('a') } },
    { $and: Array(5).fill({ name: { $regex: 'a' } }) },
    JSON.parse(`${'{"$and":['.repeat(20)}{}${']}'.repeat(20)}`),
  ])('%j is refused', (filter) => {
    expect(() => compileFilter('q', filter)).toThrow(/^q: /)
  })
})

describe('a pattern', () => {
  test.each([
    ['', 'anything', true],
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['c$', 'abc', true],
    ['^abc$', 'abc', true],
    ['^abc$', 'abcd', false],
    ['a.c', 'abc', true],
    ['a\\.c', 'abc', false],
    ['a\\.c', 'a.c', true],
    ['a\\-c', 'a-c', true],
    ['^a.*c$', 'abbbc', true],
    ['^a+$', '', false],
    ['^a*$', '', true],
    ['^colou?r$', 'color', true],
    ['^colou?r$', 'colour', true],
    ['[a-c]+x', 'zabcx', true],
    ['^[^a-c]+$', 'xyz', true],
    ['^[^a-c]+$', 'xaz', false],
    ['\\d\\d', 'a42', true],
    ['^\\w+\\s\\w+$', 'two words', true],
    ['cat|dog', 'hotdog', true],
    ['^(?:)', 'x', null],
    ['a{2}', 'aa', null],
    ['(a)', 'a', null],
    ['a**', 'a', null],
    ['[a', 'a', null],
    ['\\', 'a', null],
    ['*', 'a', null],
    ['price\\$', 'price$', true],
    ['[|]x', '|x', true],
    ['^.$', '𝄞', true],
  ])('%s on %j: %s', (source, text, expected) => {
    if (expected === null) expect(() => compilePattern(source, false)).toThrow(SyntaxError)
    else expect(compilePattern(source, false)(text)).toBe(expected)
  })

  test('ignores case when it is asked to', () => {
    expect(compilePattern('ÄB', true)('äb')).toBe(true)
    expect(compilePattern('^[a-z]+$', true)('ABC')).toBe(true)
  })

  test('takes bounded time, whatever it says', () => {
    const evil = compilePattern(`${'a*'.repeat(120)}b`, false)
    const startedAt = performance.now()
    expect(evil('a'.repeat(100_000))).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(2000)
    expect(() => compilePattern('a'.repeat(257), false)).toThrow(SyntaxError)
  })
})
