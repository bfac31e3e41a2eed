import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Columns, openColumns, UnreadableColumns } from '../../src/template/columns.ts'
import { columnsOf, type Variables } from '../../src/template/columns-of.ts'
import { compileTemplate } from '../../src/template/template.ts'
import { entries as anyEntries, numRuns, seed } from './generated.ts'

/** All values, as they were given. */
function read(columns: Columns): Variables[] {
  return Array.from({ length: columns.entries }, (_, entry) => {
    const pairs = columns.names.map((name, index) => [name, columns.value(entry, index)] as const)
    return Object.fromEntries(pairs.filter((pair) => pair[1] !== undefined)) as Variables
  })
}

/** A copy that begins at an odd offset, as it does in a record. */
function stored({ bytes }: Columns): Uint8Array {
  const record = new Uint8Array(bytes.length + 8)
  record.set(bytes, 3)
  return record.subarray(3, 3 + bytes.length)
}

test(`what was put in comes out, stored and opened again too (CARILLON_SEED=${seed})`, () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const columns = columnsOf(entries)
      expect(read(columns)).toEqual(entries)
      expect(read(openColumns(stored(columns)))).toEqual(entries)
    }),
    { seed, numRuns },
  )
})

test('a value says its size, and writes itself where it is told', () => {
  const columns = columnsOf([{ $a$: 'é"' }, {}])
  const target = Buffer.alloc(6, '.')
  expect(columns.at(0).bytes(0)).toBe(4)
  expect(columns.at(0).put(0, target, 1)).toBe(5)
  expect(target.toString()).toBe('.é\\".')
  expect(columns.at(1).bytes(0)).toBe(-1)
  expect(columns.at(1).put(0, target, 1)).toBe(1)
})

test('no entries, and entries without variables', () => {
  expect(read(columnsOf([]))).toEqual([])
  expect(read(columnsOf([{}, {}, {}]))).toEqual([{}, {}, {}])
})

describe('size', () => {
  const many = <T>(of: (entry: number) => T) =>
    Array.from({ length: 5000 }, (_, entry) => of(entry))

  test('a value that all entries have is stored once', () => {
    const columns = columnsOf(many(() => ({ $shop$: 'The Shop' })))
    expect(columns.bytes.length).toBeLessThan(50)
    expect(columns.value(4999, 0)).toBe('The Shop')
  })

  test('a value of its own costs four bytes more than itself', () => {
    const columns = columnsOf(many((entry) => ({ $no$: `${10_000 + entry}` })))
    expect(columns.bytes.length).toBeLessThan(5000 * 9 + 50)
  })

  test('a value that few entries have costs eight bytes more than itself', () => {
    const entries = many((entry) => (entry % 1000 === 7 ? { $no$: `${entry}` } : {}))
    const columns = columnsOf(entries)
    expect(columns.bytes.length).toBeLessThan(5 * 12 + 50)
    expect(read(columns)).toEqual(entries)
  })
})

describe('what cannot be stored', () => {
  test('a value that is not a string', () => {
    const entries = [{ $a$: 'x' }, { $a$: 5 }, { $b$: null }] as unknown as Variables[]
    expect(() => columnsOf(entries)).toThrow('number came for $a$ of entry 1, expected a string')
    expect(() => columnsOf(entries.slice(2))).toThrow('null came for $b$ of entry 0')
  })

  test('a key that is not a name', () => {
    expect(() => columnsOf([{ receiver: 'x' }])).toThrow('the name "receiver" came')
  })

  test('too many entries', () => {
    expect(() => columnsOf(new Array(65_537).fill({}))).toThrow('65537 entries')
  })
})

test('an entry or name that is not there is not asked for by mistake', () => {
  const columns = columnsOf([{ $a$: 'x' }])
  expect(() => columns.at(1)).toThrow('entry 1 was asked for; there are 1')
  expect(() => columns.value(-1, 0)).toThrow('entry -1')
  expect(() => columns.value(0, 1)).toThrow('name 1 was asked for; there are 1')
  expect(() => columns.at(0).bytes(1)).toThrow('name 1')
})

describe('bytes that are not columns', () => {
  /** What reading everything comes to; every failure must be the declared one. */
  function outcome(bytes: Uint8Array): 'read' | 'refused' {
    try {
      const columns = openColumns(bytes)
      // The first entries will do: a changed count may claim 65,536 of one constant column.
      const entries = Math.min(columns.entries, 20)
      for (let entry = 0; entry < entries; entry += 1) {
        const values = columns.at(entry)
        columns.names.forEach((_, name) => {
          columns.value(entry, name)
          const bytesOf = values.bytes(name)
          if (bytesOf !== -1) expect(values.put(name, Buffer.alloc(bytesOf), 0)).toBe(bytesOf)
        })
      }
      return 'read'
    } catch (error) {
      expect(error).toBeInstanceOf(UnreadableColumns)
      return 'refused'
    }
  }

  test(`noise (CARILLON_SEED=${seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasVersion) => {
        if (hasVersion && bytes.length >= 4) bytes.set([1, 0, 0, 0])
        outcome(bytes)
      }),
      { seed, numRuns },
    )
  })

  test(`columns of which some bytes were changed (CARILLON_SEED=${seed})`, () => {
    const change = fc.tuple(fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(
        anyEntries,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (entries, changes) => {
          const bytes = stored(columnsOf(entries))
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte
          outcome(bytes)
        },
      ),
      { seed, numRuns },
    )
  })

  test('columns that are cut short or go on', () => {
    const { bytes } = columnsOf([{ $a$: 'x', $b$: '1' }, { $a$: 'y' }, {}, {}, {}])
    expect(outcome(bytes)).toBe('read')
    for (let length = 0; length < bytes.length; length += 1) {
      expect(outcome(bytes.subarray(0, length))).toBe('refused')
    }
    expect(outcome(Buffer.concat([bytes, Buffer.alloc(1)]))).toBe('refused')
  })

  test('another version says so', () => {
    const bytes = stored(columnsOf([{}]))
    bytes[0] = 2
    expect(() => openColumns(bytes)).toThrow('version 2, expected 1: from a newer server?')
  })

  // What these columns look like: a directory of two names from 12 on, the names from 28 on; the column
  // of $a$ from 34 on, of kind each, its ends from 35 on; that of $b$ from 57 on, of kind some, its count,
  // entry and end from 58 on.
  const entries = [{ $a$: 'x', $b$: '1' }, { $a$: 'y' }, {}, {}, {}]
  test.each([
    ['entries', 4, 65_537, '65537 entries, expected at most 65536'],
    ['names', 8, 0xffffffff, 'the directory needs'],
    ['the end of a name', 20, 2, 'name 1 of 2 ends before it begins'],
    ['the end of a column, too early', 24, 22, 'name 1 of 2 ends before it begins, or too late'],
    ['the end of a column, too late', 16, 38, 'name 0 of 2 ends before it begins, or too late'],
    ['entries that have no end', 4, 6, 'the ends of values needs 25 bytes, there are 23'],
    ['a count of values', 58, 2, 'the tables of a column needs 21 bytes, there are 14'],
    ['the end of a value, too late', 35, 99 * 2 + 1, 'a value from 0 to 99, of values of 2 bytes'],
    ['the end of a value, too early', 39, 1, 'a value from 1 to 0, of values of 2 bytes'],
    ['the end of the last value', 66, 2, 'a value from 0 to 2, of values of 1 bytes'],
    ['a name', 28, 0x2461245c, 'is no text of JSON'],
  ])('a wrong number for %s', (_, at, number, message) => {
    const bytes = Buffer.from(columnsOf(entries).bytes)
    bytes.writeUInt32LE(number, at)
    expect(() => read(openColumns(bytes))).toThrow(message)
    expect(outcome(bytes)).toBe('refused')
  })

  test('a column of a kind that nobody knows', () => {
    const bytes = Buffer.from(columnsOf(entries).bytes)
    bytes[34] = 4
    expect(() => openColumns(bytes)).toThrow('a column of kind 4, expected 1 to 3')
  })
})

test('two templates may read the same entry in turns', () => {
  const columns = columnsOf([
    { $a$: '1', $b$: '2' },
    { $a$: '3', $b$: '4' },
  ])
  const one = compileTemplate('"$a$$b$"', columns.names)
  const other = compileTemplate('"$b$$a$"', columns.names)
  const [first, second] = [columns.at(0), columns.at(1)]
  expect([
    one.render(first),
    other.render(second),
    one.render(second),
    other.render(first),
  ]).toEqual(['"12"', '"43"', '"34"', '"21"'])
})
