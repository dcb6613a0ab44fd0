import { defineConfig } from 'vitest/config'

// Tests run from the TypeScript sources: the condition makes the packages resolve each other's src.
const fromSource = {
  resolve: { conditions: ['rewardkit-source'] },
  ssr: { resolve: { conditions: ['rewardkit-source'] } },
}

export default defineConfig({
  ...fromSource,
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'examples/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          // OpenMP's threads wait asleep: spinning ones are many times slower while other programs want the processor.
          env: { GOMP_SPINCOUNT: '0' },
        },
      },
      {
        ...fromSource,
        test: { name: 'peers', include: ['packages/*/src/**/*.peers.ts'], pool: 'forks', testTimeout: 600_000 },
      },
      {
        ...fromSource,
        test: { name: 'browser', include: ['packages/*/src/**/*.browser.ts'], pool: 'forks', testTimeout: 120_000 },
      },
    ],
  },
})
