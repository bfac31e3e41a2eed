import { expect, test } from 'vitest'
import { platformOf } from '../../src/domain/platform.ts'

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Safari'

test.each([
  ['iPhone', 'iphone'],
  ['iOS', 'iphone'],
  ['ios 18.1', 'iphone'],
  ['Shop/3 CFNetwork/1568.200.51 Darwin/24.1.0', 'iphone'],
  ['iPad', 'ipad'],
  ['iPadOS', 'ipad'],
  ['android', 'android'],
  ['Android 15', 'android'],
  ['okhttp/4.12.0', 'android'],
  ['web', 'web'],
  [' Web ', 'web'],
  ['browser', 'web'],
  [PHONE, 'web'],
  ['macOS', 'mac'],
  ['darwin', 'mac'],
  ['PC', 'pc'],
  ['Windows', 'pc'],
  ['win32', 'pc'],
  ['linux', 'pc'],
  ['', null],
  ['Dart/3.5 (dart:io)', null],
  ['node-XMLHttpRequest', null],
  ['toaster', null],
  ['__proto__', null],
])('%j is %s', (said, expected) => {
  expect(platformOf(said)).toBe(expected)
})

test('a user agent of any length is looked at in its first 512 characters', () => {
  expect(platformOf(`${'x '.repeat(256)}iphone`)).toBe(null)
  expect(platformOf(`${'x '.repeat(250)}iphone`)).toBe('iphone')
  expect(platformOf('m'.repeat(10_000_000))).toBe(null)
})
