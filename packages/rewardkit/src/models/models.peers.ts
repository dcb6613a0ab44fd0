import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noGradient, ops, scope } from '@rewardkit/torch'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom } from '../random.ts'
import { forward } from './decoder.ts'
import { families } from './families.ts'
import { pack, relativeDifference } from './fixtures/read.ts'
import { loadRewardNetwork } from './load-network.ts'
import type { RewardNetwork } from './reward-network.ts'
import { saveRewardModel } from './save.ts'

const ownPython = fileURLToPath(new URL('../../../../.peers/bin/python', import.meta.url))
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)
const script = fileURLToPath(new URL('fixtures/peer.py', import.meta.url))

const seed = Number(process.env['REWARDKIT_SEED'] ?? Date.now() % 1_000_000)
console.log(`models against transformers: REWARDKIT_SEED=${seed}`)

const root = mkdtempSync(join(tmpdir(), 'rewardkit-models-'))
afterAll(() => rmSync(root, { recursive: true }))

type Groups = readonly (readonly (readonly number[])[])[]

interface Question {
  readonly folder: string
  readonly groups: Groups
}

const peerRewards = z.object({ float32: z.array(z.number()), float64: z.array(z.number()) })
type PeerRewards = z.infer<typeof peerRewards>

/** One process for many questions: starting Python takes longer than the answers. */
function askPeer(request: {
  make?: readonly { family: string; seed: number; folder: string }[]
  rewards?: readonly Question[]
}): PeerRewards[] {
  const answer = execFileSync(python, [script], { input: JSON.stringify(request), encoding: 'utf8' })
  return z.array(peerRewards).parse(JSON.parse(answer))
}

/**
 * How far our float32 rewards and those of transformers are from the rewards in float64, in units of their sd.
 * Some random models turn a rounding error of 1e-7 into 1e-5 of the rewards, in both programs. So the float64
 * rewards are the truth, and ours pass within 1e-5 of it or within four times the error of transformers, at most 1e-4.
 */
function compare(name: string, ours: Float32Array | undefined, theirs: PeerRewards | undefined) {
  const truth = theirs?.float64 ?? []
  const difference = relativeDifference(ours ?? [], truth)
  const differenceOfPeer = relativeDifference(theirs?.float32 ?? [], truth)
  const tolerance = Math.min(Math.max(1e-5, 4 * differenceOfPeer), 1e-4)
  return { name, difference, differenceOfPeer, passes: difference <= tolerance }
}

const rewardsOf = (model: RewardNetwork, groups: Groups): Float32Array =>
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

/** Saves a model after moving every weight a little, with a head of ours where it has none. */
function saveChanged(folder: string, saved: string): RewardNetwork {
  const model = loadRewardNetwork(folder, { seed })
  noGradient(() => {
    for (const parameter of model.parameters) ops.mul_scalar_(parameter, 1.01)
  })
  saveRewardModel(saved, model, { files: {}, padTokenId: 0 })
  return model
}

describe('random models of each family', () => {
  const models = families.flatMap((family) =>
    [1, 2, 3].map((k) => {
      const name = `${family}-${k}`
      return { name, family, seed: seed + k, folder: join(root, name), saved: join(root, `${name}-saved`) }
    }),
  )
  const questions = models.map(({ name }) => drawGroups(name, 8, 30, 50))

  it('give equal rewards in both directions', () => {
    askPeer({ make: models })
    const ours = models.map(({ folder, saved }, i) => {
      const groups = questions[i] ?? []
      return {
        opened: rewardsOf(loadRewardNetwork(folder, { seed: null }), groups),
        saved: rewardsOf(saveChanged(folder, saved), groups),
      }
    })
    const opened = askPeer({ rewards: models.map(({ folder }, i) => ({ folder, groups: questions[i] ?? [] })) })
    const saved = askPeer({ rewards: models.map((model, i) => ({ folder: model.saved, groups: questions[i] ?? [] })) })
    const differences = models.flatMap(({ name }, i) => [
      compare(`${name} opened`, ours[i]?.opened, opened[i]),
      compare(`${name} saved`, ours[i]?.saved, saved[i]),
    ])
    console.table(differences)
    expect(differences.filter((row) => !row.passes)).toEqual([])
  })
})

const smolLm2 = process.env['REWARDKIT_SMOLLM2']
it.skipIf(!smolLm2)('SmolLM2 with a head of ours gives equal rewards', () => {
  const groups = drawGroups('smollm2', 4, 120, 49_000)
  const folder = join(root, 'smollm2')
  const ours = rewardsOf(saveChanged(smolLm2 ?? '', folder), groups)
  const [expected] = askPeer({ rewards: [{ folder, groups }] })
  const difference = relativeDifference(ours, expected?.float32 ?? [])
  console.log(`SmolLM2: ${difference} of the rewards' sd`)
  expect(difference).toBeLessThanOrEqual(1e-4)
})
