import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'server/test/**/*.test.ts',
      'server/src/**/*.test.ts',
      'wire/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    // Many tests start servers of their own; more workers would only make them wait for each other.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
