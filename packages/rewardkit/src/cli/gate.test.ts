import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadRewardNetwork, saveRewardModel } from '../models/index.ts'
import { rewardkit } from '../fixtures/run-command.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { simulationVocabulary } from '../simulate/index.ts'
import { wordTokenizerFiles, wordTokenizerSpecials } from '../tokens/index.ts'

// The command as a continuous-integration job runs it, on a model that has learned nothing.
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-gate-'))
const model = join(folder, 'model')
const data = join(folder, 'pairs.jsonl')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  const untrained = join(folder, 'untrained')
  writeTinyModel(untrained, { initializerRange: 0.1 })
  const files = wordTokenizerFiles(simulationVocabulary())
  saveRewardModel(model, loadRewardNetwork(untrained, { seed: 0 }), { files, padTokenId: wordTokenizerSpecials.pad })
  writeRows(data, tinyPairs(40))
})

const evaluate = (...words: string[]) =>
  rewardkit([
    'evaluate',
    '--model',
    model,
    '--data',
    data,
    '--out',
    join(folder, 'evaluation'),
    '--overwrite',
    ...words,
  ])

it('a gate that is not passed ends with exit code 3 and one verdict line', () => {
  const { status, stdout } = evaluate('--fail-below', 'accuracy=1')
  expect(stdout).toMatch(/\nfail: accuracy 0\.\d{4} \(95 % interval [\d.]+-[\d.]+\), the lower end is below 1\n$/)
  expect(status).toBe(3)
})

it('a gate that is passed: exit code 0, in a job summary with the table', () => {
  const { status, stdout } = evaluate('--fail-below', 'accuracy=0', '--format', 'markdown')
  expect(stdout).toMatch(/^\d+\.\d % \(.* on 40 pairs of 38 prompts: .*\n\n\| {2}\| all \|.*\n\| --- \| ---: \|/s)
  expect(stdout).toMatch(/\n\npass: accuracy /)
  expect(status).toBe(0)
})

it('JSON on standard output is JSON alone; the verdict goes to standard error', () => {
  const { status, stdout, stderr } = evaluate('--fail-below', 'accuracy=1', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ pairs: 40 })
  expect(stderr).toContain('\nfail: accuracy ')
  expect(status).toBe(3)
})

it('a wrong gate is a usage mistake, found before anything is computed', () => {
  const wrong = evaluate('--fail-below', 'acuracy=0.6')
  expect(wrong.stderr).toMatch(/^rewardkit: --fail-below: .*did you mean accuracy\?\n$/)
  expect(wrong.status).toBe(2)
})
