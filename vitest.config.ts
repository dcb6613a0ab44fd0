import { defineConfig } from 'vitest/config'

// Tests run from the TypeScript sources: the condition makes the packages resolve each other's src.
const fromSource = {
  resolve: { conditions: ['rewardkit-source'] },
  ssr: { resolve: { conditions: ['rewardkit-source'] } },
}

const common = {
  globalSetup: './scripts/vitest/build.ts',
  setupFiles: './scripts/vitest/each-file.ts',
  pool: 'forks',
  // Vitest leaves one processor free, which is half of two.
  maxWorkers: '100%',
  hookTimeout: 120_000,
} as const

export default defineConfig({
  ...fromSource,
  test: {
    reporters: ['default', './scripts/vitest/summary.ts'],
    projects: [
      {
        ...fromSource,
        test: {
          ...common,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'examples/*.test.ts'],
          testTimeout: 60_000,
          // Test files run beside each other, so libtorch takes one processor for each. Threads that a test asks for wait
          // asleep: spinning ones are many times slower while other programs want the processor.
          env: { OMP_NUM_THREADS: '1', GOMP_SPINCOUNT: '0' },
        },
      },
      {
        ...fromSource,
        test: { ...common, name: 'peers', include: ['packages/*/src/**/*.peers.ts'], testTimeout: 600_000 },
      },
      {
        ...fromSource,
        test: { ...common, name: 'browser', include: ['packages/*/src/**/*.browser.ts'], testTimeout: 120_000 },
      },
    ],
  },
})
