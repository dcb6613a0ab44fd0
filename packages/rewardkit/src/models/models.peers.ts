import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noGradient, ops, scope } from '@rewardkit/torch'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom } from '../random.ts'
import { families } from './config.ts'
import { forward } from './decoder.ts'
import { pack, relativeDifference } from './fixtures/read.ts'
import { loadRewardModel } from './load.ts'
import type { RewardModel } from './model.ts'
import { saveRewardModel } from './save.ts'

const ownPython = fileURLToPath(new URL('../../../../.peers/bin/python', import.meta.url))
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)
const script = fileURLToPath(new URL('fixtures/peer.py', import.meta.url))

const seed = Number(process.env['REWARDKIT_SEED'] ?? Date.now() % 1_000_000)
console.log(`models against transformers: REWARDKIT_SEED=${seed}`)

const root = mkdtempSync(join(tmpdir(), 'rewardkit-models-'))
afterAll(() => rmSync(root, { recursive: true }))

type Groups = readonly (readonly (readonly number[])[])[]

const answerSchema = z.object({ rewards: z.array(z.number()) })
function peerRewards(folder: string, groups: Groups): number[] {
  const answer = execFileSync(python, [script, 'rewards', folder], {
    input: JSON.stringify({ groups }),
    encoding: 'utf8',
  })
  return answerSchema.parse(JSON.parse(answer)).rewards
}

const rewardsOf = (model: RewardModel, groups: Groups): Float32Array =>
  scope(() => noGradient(() => forward(model, pack(groups), 'float32').float32().slice()))

/** Groups of two or three sequences with a shared prefix. Id 0 is pad, by which transformers finds the pooled token. */
function drawGroups(purpose: string, count: number, longest: number, vocabulary: number): number[][][] {
  const random = createRandom(seed, purpose)
  const draw = (length: number) => Array.from({ length }, () => 1 + random.integer(vocabulary - 1))
  return Array.from({ length: count }, () => {
    const prefix = draw(random.integer(longest))
    return Array.from({ length: 2 + random.integer(2) }, () => [...prefix, ...draw(1 + random.integer(longest))])
  })
}

/** Compares in both directions: the folder as it is, and what we save after moving every weight a little. */
function compare(folder: string, groups: Groups): number {
  const model = loadRewardModel(folder, { seed })
  noGradient(() => {
    for (const parameter of model.parameters) ops.mul_scalar_(parameter, 1.01)
  })
  const saved = join(root, 'saved')
  saveRewardModel(saved, model, { files: {}, padTokenId: 0 })
  const difference = relativeDifference(rewardsOf(model, groups), peerRewards(saved, groups))
  console.log(`${folder.replace(`${root}/`, '')} saved by us: ${difference} of the rewards' sd`)
  return difference
}

describe.each(families)('%s', (family) => {
  it.each([1, 2, 3])('random model %d', (k) => {
    const folder = join(root, `${family}-${k}`)
    execFileSync(python, [script, 'make', family, String(seed + k), folder])
    const groups = drawGroups(`${family}-${k}`, 8, 30, 50)
    const difference = relativeDifference(
      rewardsOf(loadRewardModel(folder, { seed: null }), groups),
      peerRewards(folder, groups),
    )
    console.log(`${family}-${k} saved by transformers: ${difference} of the rewards' sd`)
    expect(difference).toBeLessThanOrEqual(1e-5)
    expect(compare(folder, groups)).toBeLessThanOrEqual(1e-5)
  })
})

const smolLm2 = process.env['REWARDKIT_SMOLLM2']
it.skipIf(!smolLm2)('SmolLM2 with a head of ours', () => {
  expect(compare(smolLm2 ?? '', drawGroups('smollm2', 4, 120, 49_000))).toBeLessThanOrEqual(1e-4)
})
