import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Event } from '../events.ts'
import { takeLock } from '@rewardkit/torch/setup'
import { beforeAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { tinyPairs, writeRows } from '../fixtures/tiny-model.ts'
import { lockFile } from '../folders.ts'
import { sigmoid } from '../logistic.ts'
import { calibrate, evaluate, type ModelCalibration, RewardModel, train } from '../index.ts'
import { sha256Model } from '../models/model-hash.ts'
import { calibrationPath } from '../rewards/calibration-file.ts'
import { bestTemperature } from '../statistics/statistics.ts'
import type { RewardRow } from '../statistics/types.ts'
import { file, folder, newRun, settings, trained as untaught } from './fixtures/small-run.ts'

const computing = { threads: 1, dtype: 'float32' } as const
/** Another file than the model was trained on. Some of its pairs are the same, since so small a model knows no others. */
const rows = tinyPairs(240).toReversed()
const validation = join(folder, 'validation.jsonl')
writeRows(validation, rows)

const trained = join(folder, 'taught')
await train({ ...settings, data: file, out: trained, epochs: 6 })

/** A copy of the run, which a test may change. */
async function copyOfRun(): Promise<string> {
  const run = newRun()
  await cp(trained, run, { recursive: true })
  return run
}

describe('calibrate', () => {
  let run = ''
  let calibration: ModelCalibration
  let before = ''
  beforeAll(async () => {
    run = await copyOfRun()
    before = await sha256Model(join(run, 'model'))
    calibration = await calibrate({ model: run, data: validation, ...computing })
  })

  it('writes what it returns beside the weights, whose hash stays the same', async () => {
    const model = join(run, 'model')
    expect(JSON.parse(readFileSync(calibrationPath(model), 'utf8'))).toEqual(calibration)
    expect(await sha256Model(model)).toBe(before)
    expect(calibration.model).toMatchObject({
      sha256: before,
      dtype: 'float32',
      reading: { max_length: 2048, pool: 'end' },
    })
    expect(calibration.data).toMatchObject({ path: validation, pairs: 240, read: 240 })
    const { value, low, high } = calibration.temperature
    expect(low).toBeLessThan(value)
    expect(high).toBeGreaterThan(value)
  })

  it('has the temperature and the quantiles of what an evaluation finds', async () => {
    const out = newRun()
    const { model } = await evaluate({ model: run, data: validation, out, ...computing })
    expect(model?.sha256).toBe(before)
    const evaluated = readFileSync(join(out, 'rewards.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RewardRow)
    expect(calibration.temperature.value).toBeCloseTo(bestTemperature(evaluated.map((row) => row.reward_margin)), 6)
    const rewards = evaluated.flatMap((row) => [row.chosen_reward, row.rejected_reward])
    const { responses, quantiles } = calibration.rewards
    expect(responses).toBe(480)
    expect(quantiles[0]).toBeCloseTo(Math.min(...rewards), 5)
    expect(quantiles[1000]).toBeCloseTo(Math.max(...rewards), 5)
    expect(calibration.before.log_loss.value).toBeGreaterThan(0)
    expect(calibration.after.log_loss.value).toBeGreaterThan(0)
  })

  it('gives preferences their probabilities', async () => {
    await using model = await RewardModel.load(run, computing)
    const prompt = 'Please plan a picnic for my sister. They would like mild food.'
    const responses = [' I suggest mild food.', ' How about spicy food.'] as const
    const [first, second] = await model.score(responses.map((response) => ({ prompt, response })))
    const preference = await model.preference(prompt, ...responses)
    expect(preference).toBeCloseTo(sigmoid(((first ?? 0) - (second ?? 0)) / calibration.temperature.value), 5)
    expect((await model.preference(prompt, responses[1], responses[0])) + preference).toBeCloseTo(1, 5)
  })

  it('is refused where the file belongs to other weights or reading options, or is broken', async () => {
    await using shorter = await RewardModel.load(run, { ...computing, maxLength: 40 })
    await expect(shorter.preference('Why?', 'So.', 'No.')).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('other reading options: maxLength 40 (calibrated: 2048)') as string,
    })
    const other = await copyOfRun()
    const path = calibrationPath(join(other, 'model'))
    writeFileSync(path, JSON.stringify({ ...calibration, model: { ...calibration.model, sha256: 'another' } }))
    await using model = await RewardModel.load(other, computing)
    await expect(model.preference('Why?', 'So.', 'No.')).rejects.toThrow('belongs to other weights')
    writeFileSync(path, '{}')
    await expect(model.preference('Why?', 'So.', 'No.')).rejects.toThrow('not what RewardKit writes')
    const labels = new Set<string>()
    const onEvent = (event: Event) => labels.add(event.kind === 'progress' ? event.label : '')
    await expect(
      evaluate({ model: other, data: validation, out: join(other, 'not'), ...computing, onEvent }),
    ).rejects.toThrow('not what RewardKit writes')
    expect([...labels].join()).not.toContain('evaluating')
    writeFileSync(path, JSON.stringify(calibration))
    expect(await model.preference('Why?', 'So.', 'So.')).toBe(0.5)
  })

  it('is missed with the remedy', async () => {
    await using model = await RewardModel.load(untaught, computing)
    await expect(model.preference('Why?', 'So.', 'No.')).rejects.toThrow(
      /^preference: .* has no calibration.json; fit it with npx rewardkit calibrate on pairs that the model was not trained on$/,
    )
  })

  it('takes rows, and replaces an earlier file only if asked', async () => {
    const model = await copyOfRun()
    await cp(calibrationPath(join(run, 'model')), calibrationPath(join(model, 'model')))
    const given = { model, data: rows, ...computing }
    await expect(calibrate(given)).rejects.toThrow('already has a calibration.json; give overwrite: true')
    const again = await calibrate({ ...given, overwrite: true })
    expect(again.temperature.value).toBeCloseTo(calibration.temperature.value, 6)
    expect(again.data).toMatchObject({ path: 'data', pairs: 240 })
  })

  it('refuses the data that the model was trained on', async () => {
    const model = await copyOfRun()
    await expect(calibrate({ model, data: file, ...computing })).rejects.toThrow(
      /the model was trained on it .* data split holds some out before training$/,
    )
    expect(existsSync(calibrationPath(join(model, 'model')))).toBe(false)
  })

  it('refuses pairs that define no temperature, and models that it may not write to', async () => {
    const model = await copyOfRun()
    const data = [at(tinyPairs(121), 120)]
    await expect(calibrate({ model, data, ...computing })).rejects.toThrow('1 pair defines no temperature')
    await expect(calibrate({ model: 'hub:someone/model', data: validation, ...computing })).rejects.toThrow(
      'the cache of the hub is not changed; copy the model into a folder of your own',
    )
    const { lock } = takeLock(join(model, 'model', lockFile), { takeOver: false, onLost: () => {} })
    await expect(calibrate({ model, data: validation, ...computing })).rejects.toThrow(
      /^model .*model is in use by .*; wait until it ends, or name another folder$/,
    )
    lock?.release()
  })
})
