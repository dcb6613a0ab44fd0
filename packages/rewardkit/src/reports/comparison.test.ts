import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import type { ArmComparison, Comparison } from '../compare/comparison.ts'
import { InputError } from '../errors.ts'
import { hostile } from './fixtures/example-runs.ts'
import { writeReport } from './write-report.ts'

const interval = { value: 0.021, low: -0.004, high: 0.046 }
const found: ArmComparison = {
  a: 'first',
  b: hostile,
  pairs: 400,
  prompts: 120,
  seeds: 1,
  runs: { a: 1, b: 1 },
  seeds_paired: false,
  accuracy: { a: 0.6, b: 0.621 },
  difference: interval,
  difference_of_these_models: interval,
  training_test: null,
  test: { name: 'sign_flip', p: 0.102, mid_p: 0.1 },
  p_holm: 0.204,
  equivalence: { bound: 0.01, p: 0.8 },
  detectable_difference: 0.035,
  required_prompts: 5000,
  required_seeds: null,
  verdict: 'not_told_apart',
  agreement: { both_right: 0.5, only_a: 0.1, only_b: 0.121, both_wrong: 0.279, margin_rank_correlation: 0.4 },
  mean_over_standard_deviation: interval,
  log_loss_after_temperature: interval,
  subsets: { travel: { pairs: 40, prompts: 12, difference: interval, p: 0.5, p_holm: 1 } },
  sentences: ['They are not told apart.', `Beware of ${hostile}.`, "The paper's claim holds: it is so."],
  claims: [{ claim: 'margins_shift', value: 1, low: 0.5, high: 1.5, verdict: 'holds', words: 'it is so' }],
}
const arms = ['first', hostile].map((name) => ({
  name,
  runs: [{ path: name, seed: 1, model_sha256: null, accuracy: 0.6 }],
  accuracy: { value: 0.6, low: 0.5, high: 0.7 },
  mean_over_standard_deviation: 0.321,
  log_loss_after_temperature: 0.654,
}))
const whole: Comparison = {
  schema_version: 1,
  versions: {},
  pairs: 400,
  prompts: 120,
  left_out: null,
  arms,
  comparisons: [found],
  claims: [],
  notes: ['One seed each.'],
  gate: null,
}

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rewardkit-comparison-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function folderWith(content: unknown): string {
  const folder = join(root, 'comparison')
  mkdirSync(folder)
  writeFileSync(join(folder, 'comparison.json'), JSON.stringify(content))
  return folder
}

it('a comparison has a section of its own, with its words, its picture and its numbers', () => {
  const folder = folderWith(whole)
  const page = readFileSync(writeReport([folder], { pictures: join(root, 'pictures') }), 'utf8')
  expect(page).toContain('<title>first, ')
  expect(page).not.toContain('<nav')
  expect(page).not.toContain('Skewness')
  expect(page).toContain('0.321')
  expect(page.match(/it is so/g)).toHaveLength(1)
  expect(page).toContain('They are not told apart.')
  // The picture's intervals do not decide: p values do, which are corrected.
  expect(page).toContain('95 % intervals that are not corrected for several comparisons')
  expect(page).toContain('One seed each.')
  expect(page).toContain('+2.1<small>−0.4 to +4.6</small>')
  expect(page).toContain('<td>3.5</td>')
  expect(page).toContain('>travel<')
  expect(page).not.toContain('<script')
  expect(readFileSync(join(root, 'pictures/comparison.svg'), 'utf8')).toContain('Differences of accuracy')
})

it('the p value is the one that the words name, and is never 0', () => {
  const seeds: ArmComparison = { ...found, training_test: { name: 'crossed_t', p: 0.0000012, degrees: 2 } }
  const folder = folderWith({ ...whole, comparisons: [seeds] })
  const page = readFileSync(writeReport([folder]), 'utf8')
  expect(page).toContain('<td>&lt; 0.001<small>Student&#39;s t</small></td>')
})

it.each([
  ['field schema_version', { ...whole, schema_version: 7 }],
  ['field comparisons.0.difference.low', { ...whole, comparisons: [{ ...found, difference: { value: 0.1 } }] }],
  ['comparison.json: ', [1]],
])('another file is refused in one line: %s', (message, content) => {
  const folder = folderWith(content)
  const write = () => writeReport([folder])
  expect(write).toThrow(InputError)
  expect(write).toThrow(message)
  expect(write).not.toThrow('\n')
})
