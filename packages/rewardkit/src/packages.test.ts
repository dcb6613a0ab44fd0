import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const nothing = mkdtempSync(join(tmpdir(), 'rewardkit-packages-'))
afterAll(() => rmSync(nothing, { recursive: true }))

/** Imports built subpaths as a user does, in a process to which nothing has been set up. */
function importWithoutSetup(...subpaths: string[]) {
  const program = `for (const name of ${JSON.stringify(subpaths)}) await import(name)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
    env: { ...process.env, REWARDKIT_HOME: nothing, REWARDKIT_LIBTORCH: '' },
  })
  return { status, stderr }
}

test('what needs no tensors loads no addon', () => {
  const names = ['compare', 'data', 'evaluate', 'objectives', 'reports', 'simulate', 'tokens']
  expect(importWithoutSetup('rewardkit', ...names.map((name) => `rewardkit/${name}`))).toEqual({
    status: 0,
    stderr: '',
  })
})

test('what computes names the remedy', () => {
  expect(importWithoutSetup('rewardkit/models').stderr).toMatch(/SetupError: .* run `npx rewardkit setup`/)
})

test('the command loads no addon before it computes', () => {
  const modules = ['program', 'interruptible-job', 'score-file', 'doctor'].map(
    (name) => new URL(`../dist/cli/${name}.js`, import.meta.url).href,
  )
  expect(importWithoutSetup(...modules)).toEqual({ status: 0, stderr: '' })
})

test('a public type writes its keys in one case: snake_case where it is the content of a file, else camelCase', () => {
  const folder = join(import.meta.dirname, '../../../docs/api')
  const types = readdirSync(folder).flatMap((report) => {
    const found = readFileSync(join(folder, report), 'utf8').matchAll(
      /^export (?:interface|class) (\w+).*\n((?: .*\n|\n)*)/gm,
    )
    return [...found].map(([, name, body = '']) => ({
      name,
      keys: [...body.matchAll(/^ {4}(?:readonly )?(\w+)\??: /gm)].map(([, key = '']) => key),
    }))
  })
  const inSnakeCase = types.filter(({ keys }) => keys.some((key) => key.includes('_')))
  expect(inSnakeCase.map(({ name }) => name)).toContain('RewardRow')
  expect(inSnakeCase.filter(({ keys }) => keys.some((key) => /[a-z][A-Z]/.test(key)))).toEqual([])
})
