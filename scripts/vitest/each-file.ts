// What every test file begins with.
import { afterEach, expect } from 'vitest'
import { compiles } from '../build.mjs'

declare module 'vitest' {
  interface TaskMeta {
    assertions?: number
  }
}

// In watch mode, where a run goes on after the compiler has refused a source.
if (!compiles()) throw new Error('the TypeScript sources do not compile: correct the errors shown above')

// Counted for the summary at the end.
afterEach(({ task, expect: own }) => {
  // Concurrent tests share the global `expect`, so each has to use its own.
  task.meta.assertions = (task.concurrent ? own : expect).getState().assertionCalls
})
