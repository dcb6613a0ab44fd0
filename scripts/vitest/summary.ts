// The end of a run of many test files: how much was asserted, and which files take longest.
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

const shown = 10

export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= shown) return
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const assertions = tests.reduce((sum, test) => sum + (test.meta().assertions ?? 0), 0)
    console.log(`${tests.length} tests made ${assertions} assertions. The ${shown} slowest files:`)
    const slowest = modules
      .map((module) => ({ file: relative(process.cwd(), module.moduleId), seconds: secondsOf(module) }))
      .sort((a, b) => b.seconds - a.seconds)
    for (const { file, seconds } of slowest.slice(0, shown)) console.log(`${seconds.toFixed(1).padStart(6)} s  ${file}`)
  }
}

function secondsOf(module: TestModule): number {
  const { collectDuration, duration } = module.diagnostic()
  return (collectDuration + duration) / 1000
}
