import { expectTypeOf, test } from 'vitest'
import {
  type CustomObjective,
  evaluate,
  type EvaluationSummary,
  type ObjectiveFunction,
  plan,
  type PreferenceRow,
  type RankedCandidate,
  type RewardModel,
  train,
  type TrainResult,
  type TrainSettings,
  type TrainingPlan,
} from '../index.ts'

// Checked by the compiler (npm run check); at run time nothing is computed.

test('train takes files, rows and functions of rows', () => {
  expectTypeOf(train).returns.resolves.toEqualTypeOf<TrainResult>()
  expectTypeOf(plan).returns.resolves.toEqualTypeOf<TrainingPlan>()
  const required = { model: 'm', out: 'o' } as const
  expectTypeOf({ ...required, data: 'pairs.jsonl' }).toExtend<TrainSettings>()
  const row = { id: 7, prompt: [{ role: 'user', content: 'a' }], chosen: 'b', rejected: 'c' } as const
  expectTypeOf({ ...required, data: [row] as const }).toExtend<TrainSettings>()
  async function* rows() {
    yield await Promise.resolve(row)
  }
  expectTypeOf({ ...required, data: rows }).toExtend<TrainSettings>()
  expectTypeOf({ ...required, data: rows() }).toExtend<TrainSettings>()
  expectTypeOf({ prompt: 'a', chosen: 'b' }).not.toExtend<PreferenceRow>()
  expectTypeOf({ ...required, data: [{ prompt: 'a', chosen: 'b' }] }).not.toExtend<TrainSettings>()
})

test('options have the names, values and readonly tuples of the schema', () => {
  expectTypeOf<TrainSettings['batchSize']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<TrainSettings>().not.toHaveProperty('batch_size')
  expectTypeOf<readonly [number, number]>().toExtend<TrainSettings['adamBetas']>()
  expectTypeOf<'adaptive-margin'>().toExtend<TrainSettings['objective']>()
  expectTypeOf<'adaptive'>().not.toExtend<TrainSettings['objective']>()
  expectTypeOf<ObjectiveFunction>().toExtend<TrainSettings['objective']>()
  expectTypeOf<CustomObjective>().toExtend<TrainSettings['objective']>()
  expectTypeOf<AbortSignal>().toExtend<TrainSettings['signal']>()
})

test('a model scores to numbers and ranks to the candidates that it was given', () => {
  expectTypeOf<RewardModel['score']>().returns.resolves.toEqualTypeOf<number[]>()
  const rank = (model: RewardModel) => model.rank('a', ['x', 'y'])
  expectTypeOf(rank).returns.resolves.toHaveProperty('best').toEqualTypeOf<RankedCandidate<'x' | 'y'>>()
  expectTypeOf<RewardModel>().toExtend<AsyncDisposable>()
  expectTypeOf(evaluate).returns.resolves.toEqualTypeOf<EvaluationSummary>()
})
