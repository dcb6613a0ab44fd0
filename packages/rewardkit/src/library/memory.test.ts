import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { writeRows } from '../fixtures/tiny-model.ts'
import { temporaryHome } from '../hidden-states/fixtures/home.ts'
import { createModelFolder, loadRewardNetwork, saveRewardModel } from '../models/index.ts'
import { simulate, simulationVocabulary } from '../simulate/index.ts'
import { wordTokenizerFiles, wordTokenizerSpecials } from '../tokens/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'memory-'))
const home = temporaryHome()
const model = join(folder, 'model')
const data = join(folder, 'pairs.jsonl')

/** A reward model of 78M parameters: what a tiny one leaves cannot be seen. */
function writeLargeModel() {
  const untrained = join(folder, 'untrained')
  const files = wordTokenizerFiles(simulationVocabulary())
  const { pad: padTokenId, end: endTokenId } = wordTokenizerSpecials
  const shape = { vocabularySize: 49_152, hiddenSize: 576, intermediateSize: 1536, layers: 12, heads: 9 }
  const others = { maxPositions: 128, initializerRange: 0.02, endTokenId, padTokenId, seed: 0 }
  createModelFolder(untrained, { ...shape, ...others }, files)
  saveRewardModel(model, loadRewardNetwork(untrained, { seed: 0 }), { files, padTokenId })
  rmSync(untrained, { recursive: true })
}

beforeAll(() => {
  writeLargeModel()
  const { pairs } = simulate({ pairs: 4, noise: 'flip:0', lengthBias: 0, gradeNoise: 0, seed: 0 })
  writeRows(data, pairs)
}, 120_000)
afterAll(() => {
  for (const path of [folder, home]) rmSync(path, { recursive: true })
})

/** Resident memory in MB after each round of a job, in a process that has done nothing else. */
function residentAfter(job: string, rounds: number): number[] {
  const program = join(import.meta.dirname, 'fixtures', 'memory.mjs')
  const printed = execFileSync(process.execPath, [program, job, String(rounds), model, data, folder], {
    encoding: 'utf8',
    env: { ...process.env, REWARDKIT_HOME: home },
  })
  return printed.trim().split('\n').map(Number)
}

describe.runIf(process.platform === 'linux')('memory of a model that was closed, or of a job that is done', () => {
  it.each([
    { job: 'load', rounds: 20 },
    { job: 'overlapping', rounds: 4 },
    { job: 'train', rounds: 3 },
    { job: 'evaluate', rounds: 3 },
  ])('comes back: $job, $rounds times', { timeout: 300_000 }, ({ job, rounds }) => {
    const resident = residentAfter(job, rounds)
    expect(resident.length).toBe(rounds)
    // The process has 220 MB without the model, and 540 while it is open.
    expect(resident[0]).toBeLessThan(400)
    expect(Math.max(...resident) - at(resident, 1)).toBeLessThan(100)
  })
})
