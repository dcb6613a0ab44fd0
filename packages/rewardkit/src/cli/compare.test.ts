import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rewardkit } from '../fixtures/run-command.ts'

// The command as a continuous-integration job runs it, on rewards that are computed already.
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-compare-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A file of rewards with margins of 1 for right and -1 for wrong, in the order of `outcomes`: `+` and `-`. */
function rewards(name: string, outcomes: string): string {
  const rows = Array.from(outcomes, (outcome, index) => {
    const [chosen, rejected] = outcome === '+' ? [2, 1] : [1, 2]
    return `p${index},q${index},${chosen},${rejected}`
  })
  const path = join(folder, name)
  writeFileSync(path, ['id,prompt_id,chosen_reward,rejected_reward', ...rows].join('\n'))
  return path
}

const half = '+'.repeat(150) + '-'.repeat(150)
const baseline = rewards('baseline.csv', half)
// One more right than the baseline, on pairs that are otherwise the same.
const alike = rewards('alike.csv', '+'.repeat(151) + '-'.repeat(149))
const worse = rewards('worse.csv', '+'.repeat(75) + '-'.repeat(225))
const noisy = rewards('noisy.csv', `${'-'.repeat(10)}${'+'.repeat(140)}${'+'.repeat(10)}${'-'.repeat(140)}`)

const compare = (...words: string[]) => rewardkit(['compare', ...words])

describe('the gate of a comparison', () => {
  it('ends with 0 where a worse accuracy is excluded', () => {
    const { status, stdout } = compare(baseline, alike, '--fail-if-worse', '0.02')
    expect(stdout).toMatch(/\n\npass: alike is not 2 points worse than baseline: the 95 % interval .* is -\d\.\d to \d/)
    expect(status).toBe(0)
  })

  it('ends with 3 where the other is worse, and says so', () => {
    const { status, stdout } = compare(baseline, alike, worse, '--fail-if-worse', '0.02')
    expect(stdout).toMatch(/\npass: alike .*\nfail: worse is 2 points worse than baseline, or more: the 95 %/)
    expect(status).toBe(3)
  })

  it('ends with 3 where the pairs are too few, says so, and how many would do', () => {
    const { status, stdout } = compare(baseline, noisy, '--fail-if-worse', '0.01')
    expect(stdout).toMatch(
      /\nfail: the pairs are too few to exclude that noisy is 1 point worse than baseline \(about [\d,]+ prompts would do\)/,
    )
    expect(status).toBe(3)
  })

  it('prints JSON alone on standard output', () => {
    const { status, stdout } = compare(baseline, noisy, '--fail-if-worse', '0.01', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      schema_version: 1,
      comparisons: [
        {
          a: 'baseline',
          b: 'noisy',
          pairs: 300,
          seeds: 1,
          test: { name: 'mcnemar_exact' },
          equivalence: { bound: 0.01 },
        },
      ],
      gate: { passed: false, sentences: [expect.stringMatching(/^fail: /)] },
    })
    expect(status).toBe(3)
  })
})

describe('the words of the command', () => {
  it('write the comparison into a folder', () => {
    const out = join(folder, 'out')
    const { status, stdout } = compare(baseline, worse, '--out', out, '--json')
    expect(JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8'))).toEqual(JSON.parse(stdout))
    expect(readFileSync(join(out, 'comparison.md'), 'utf8')).toMatch(/^# baseline, worse\n\n300 pairs of 300 prompts/)
    expect(status).toBe(0)
    const again = compare(baseline, worse, '--out', out)
    expect(again.stderr).toMatch(/^rewardkit: --out .*out already holds a comparison; .* give --overwrite\n$/)
    expect(again.status).toBe(2)
  })

  it('take commas and names as parts of an arm, also from a file of options', () => {
    const listed = compare(`a=${baseline},${alike}`, `b=${worse},${noisy}`, '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject({
      arms: [
        { name: 'a', runs: [{ path: baseline }, { path: alike }] },
        { name: 'b', runs: [{ path: worse }, { path: noisy }] },
      ],
    })
    const options = join(folder, 'options.yaml')
    writeFileSync(options, `arms: ["a=${baseline},${alike}", "${worse}"]\njson: true\n`)
    const { stdout } = compare('--config', options)
    expect(JSON.parse(stdout)).toMatchObject({ comparisons: [{ a: 'a', b: 'worse', runs: { a: 2, b: 1 } }] })
  })

  it('refuse other pairs with exit code 2 and the option that helps', () => {
    const other = rewards('other.csv', '+-')
    const { status, stderr } = compare(baseline, other)
    expect(stderr).toMatch(
      /^rewardkit: .*baseline\.csv and .*other\.csv hold different pairs: 298 pairs only in the first \(p2, p3, p4, \.\.\.\); evaluate both on the same file, or give --intersect\n$/,
    )
    expect(status).toBe(2)
    expect(compare(baseline, other, '--intersect').stdout).toMatch(/^2 pairs of 2 prompts, 298 pairs left out\n/)
  })

  it('are missed with an example', () => {
    expect(compare().stderr).toMatch(/^rewardkit: missing ARM\.\.\.: /)
    const { status, stderr } = compare(baseline)
    expect(stderr).toBe(
      'rewardkit: found one arm to compare, expected two or more; name the baseline and then what to compare with it, as in rewardkit compare runs/a runs/b\n',
    )
    expect(status).toBe(2)
  })
})
