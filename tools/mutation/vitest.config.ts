import { defineConfig } from 'vitest/config'

// Only the tests that mutants are held to, from the TypeScript sources.
export default defineConfig({
  resolve: { conditions: ['rewardkit-source'] },
  ssr: { resolve: { conditions: ['rewardkit-source'] } },
  test: {
    include: (process.env['MUTATION_TESTS'] ?? '').split(' '),
    testTimeout: 60_000,
    env: { GOMP_SPINCOUNT: '0' },
  },
})
