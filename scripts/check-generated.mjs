// Checks that every committed file that a program writes is what the program would write now.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const generators = [
  { what: 'typed operators', script: 'packages/torch/scripts/generate-operators.mjs' },
  { what: 'command reference and options by name', script: 'packages/rewardkit/dist/cli/reference.js' },
]

const root = resolve(import.meta.dirname, '..')
for (const { what, script } of generators) {
  const { status } = spawnSync(process.execPath, [script, '--check'], { cwd: root, stdio: 'inherit' })
  if (status === 0) continue
  console.error(`${what}: not what ${script} writes now: run node ${script}`)
  process.exitCode = 1
}
