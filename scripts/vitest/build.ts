// Tests run from the sources, but compute threads and the command run what was compiled from them. So the sources are
// compiled before the tests run, and in watch mode before they run again. A loader of TypeScript in each thread and process
// would cost more: the tests start about 200 of them.
import type { TestProject } from 'vitest/node'
import { build } from '../build.mjs'

export default async function setup(project: TestProject): Promise<void> {
  const { logger } = project.vitest
  const compile = () => build((line) => logger.log(line))
  await compile()
  // An error here would end the watcher. Each test file refuses to run instead.
  project.onTestsRerun(() => compile().catch((error: unknown) => logger.error(String(error))))
}
