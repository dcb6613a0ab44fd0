import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

// The short form of what scripts/fuzz.mjs does for hours; it runs what set-up has compiled.
it('neither random calls nor misused handles crash or hang the process', () => {
  const script = fileURLToPath(new URL('../scripts/fuzz.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--cases', '1500', '--seed', '1'], {
    encoding: 'utf8',
  })
  expect(stderr.replaceAll(/^(\[W|grad\.|param\.).*\n/gm, '')).toBe('')
  expect(stdout).toMatch(/no crash, no hang/)
  expect(status).toBe(0)
})
