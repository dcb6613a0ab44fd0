import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdamW, scope, threads } from '@rewardkit/torch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wholeModel } from '../rewards/reward-pass.ts'
import { silentHooks } from '../events.ts'
import { temporaryHome } from '../hidden-states/fixtures/home.ts'
import { writeThreeLayers } from '../hidden-states/fixtures/models.ts'
import { type FixtureName, fixtureNames } from '../models/fixtures/read.ts'
import { loadRewardNetwork, trainPart } from '../models/index.ts'
import { createObjective } from '../objectives/index.ts'
import { createSpool } from '../tokens/index.ts'
import { batchOf, frozenStep, tokensOf } from './fixtures/step-parts.ts'
import { openTrainingRewards } from './frozen.ts'
import { trainStep } from './step.ts'

const folder = mkdtempSync(join(tmpdir(), 'frozen-'))
const home = temporaryHome()
const before = process.env['REWARDKIT_HOME']
beforeAll(() => {
  process.env['REWARDKIT_HOME'] = home
  for (const name of fixtureNames) writeThreeLayers(join(folder, name), name)
})
afterAll(() => {
  if (before === undefined) delete process.env['REWARDKIT_HOME']
  else process.env['REWARDKIT_HOME'] = before
  rmSync(folder, { recursive: true })
  rmSync(home, { recursive: true })
})

// Longer than mistral's window of 8, with shared prefixes.
const batch = batchOf(13)
const everything = tokensOf(batch)
// Centered, since otherwise nothing moves all rewards alike, and a bias of the final norm has no gradient but rounding.
const objective = createObjective('adaptive-margin', { rewardCentering: 0.1 })

/** The gradients of one step by name: of all parameters through the whole model. */
function wholeGradients(name: FixtureName, microBatchTokens: number): Record<string, Float32Array> {
  return scope(() => {
    const model = loadRewardNetwork(join(folder, name), { seed: 3 })
    const optimizer = createAdamW(model.parameters)
    const learner = { parameters: model.parameters, optimizer, rewardsOf: wholeModel(model, 'float32') }
    trainStep(learner, batch, objective, objective.initialState, {
      ...frozenStep,
      microBatchTokens,
    })
    return byName(model.names, optimizer.averages)
  })
}

/** The same of a part, from the hidden states of the layers below it. */
function partGradients(name: FixtureName, part: string, microBatchTokens: number): Record<string, Float32Array> {
  const spool = createSpool(folder)
  const groups = spool.begin()
  for (const group of batch) groups.add(group)
  try {
    return scope(() => {
      const model = loadRewardNetwork(join(folder, name), { seed: 3 })
      const divided = trainPart(model, part)
      const optimizer = createAdamW(divided.trained.parameters)
      const rewards = openTrainingRewards(
        {
          model,
          part: divided,
          data: { groups, evaluation: null, test: null },
          steps: [{ epoch: 0, groups: Uint32Array.from(batch.keys()) }],
          options: { dtype: 'float32', threads: threads(), microBatchTokens },
        },
        silentHooks,
      )
      rewards.prepare()
      trainStep({ ...divided.trained, ...rewards, optimizer }, batch, objective, objective.initialState, {
        ...frozenStep,
        microBatchTokens,
      })
      expect(divided.frozen.parameters.every((parameter) => parameter.gradient === null)).toBe(true)
      rewards.close()
      return byName(divided.trained.names, optimizer.averages)
    })
  } finally {
    spool.close()
  }
}

const byName = (names: readonly string[], tensors: readonly { float32(): Float32Array }[]) =>
  Object.fromEntries(tensors.map((tensor, i) => [names[i] ?? '', tensor.float32().slice()]))

/** Largest difference in standard deviations of the expected values. */
function difference(found: Float32Array | undefined, expected: Float32Array): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length
  const deviation = Math.sqrt(expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / expected.length)
  return Math.max(...expected.map((value, i) => Math.abs(value - (found?.[i] ?? NaN)))) / deviation
}

describe.each(fixtureNames)('%s: the gradients are those of full training', (name) => {
  const trainedNames: Record<string, RegExp> = {
    head: /^score/,
    'last:1': /^score|\.(layers|h)\.2\.|\.(final_layer_norm|norm|ln_f)\./,
    'last:2': /^score|\.(layers|h)\.[12]\.|\.(final_layer_norm|norm|ln_f)\./,
    'last:3': /^score|\.(layers|h)\.[012]\.|\.(final_layer_norm|norm|ln_f)\./,
  }
  it.each(Object.keys(trainedNames))('%s', (part) => {
    for (const microBatchTokens of [1, 60, everything]) {
      const whole = wholeGradients(name, microBatchTokens)
      const expectedNames = Object.keys(whole).filter((key) => trainedNames[part]?.test(key))
      const found = partGradients(name, part, microBatchTokens)
      expect(Object.keys(found)).toEqual(expectedNames)
      const wrong = expectedNames.flatMap((key) => {
        const error = difference(found[key], whole[key] ?? new Float32Array())
        return error <= 1e-5 ? [] : [`${key}: ${error} at ${microBatchTokens}`]
      })
      expect(wrong).toEqual([])
    }
  })
})

it('refuses more layers than the model has', () => {
  const model = loadRewardNetwork(join(folder, 'llama'), { seed: 3 })
  expect(() => trainPart(model, 'last:4')).toThrow('train last:4: the model has 3 layers; give last:3 or fewer, or all')
})
