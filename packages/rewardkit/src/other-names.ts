import { flagOf } from './option-schemas.ts'
import { option, type Phrase, phrase, settings } from './phrase.ts'

/** What an option of another trainer is called here. */
interface OurName {
  readonly key: string
  readonly words: Phrase
}

const ours = (key: string, note?: string | Phrase): OurName => ({
  key,
  words: note === undefined ? phrase`${option(key)}` : phrase`${option(key)} (${note})`,
})

/** Options of other trainers, and of earlier versions, that do what one of ours does. */
export const otherNames: Readonly<Record<string, OurName>> = {
  modelNameOrPath: ours('model'),
  modelPath: ours('model'),
  pretrain: ours('model'),
  datasetName: ours('data'),
  dataset: ours('data'),
  trainData: ours('data'),
  evalDataset: ours('evalData'),
  outputDir: ours('out'),
  savePath: ours('out'),
  lossType: ours('objective'),
  numTrainEpochs: ours('epochs'),
  maxEpochs: ours('epochs'),
  perDeviceTrainBatchSize: ours('batchSize', phrase`the whole effective batch; see also ${option('microBatchTokens')}`),
  trainBatchSize: ours('batchSize'),
  microTrainBatchSize: ours('microBatchTokens', 'counted in tokens'),
  gradientAccumulationSteps: ours('microBatchTokens', phrase`${option('batchSize')} is the whole effective batch`),
  maxLen: ours('maxLength'),
  maxSeqLength: ours('maxLength'),
  maxSamples: ours('limit'),
  lr: ours('learningRate'),
  lrSchedulerType: ours('schedule'),
  lrWarmupRatio: ours('warmupRatio'),
  l2: ours('weightDecay'),
  adamBeta1: ours('adamBetas', 'the first of its two numbers'),
  adamBeta2: ours('adamBetas', 'the second of its two numbers'),
  maxNorm: ours('maxGradNorm'),
  centerRewardsCoefficient: ours('rewardCentering'),
  bf16: { key: 'dtype', words: phrase`${settings({ dtype: 'bfloat16' })}` },
  torchDtype: ours('dtype'),
  saveSteps: ours('saveEvery'),
  evalSteps: ours('evalEvery'),
  resumeFromCheckpoint: ours('resume'),
  loadCheckpoint: ours('resume'),
  overwriteOutputDir: ours('overwrite'),
  badLines: ours('onError'),
  format: ours('dataFormat'),
}

/** What an option known from elsewhere, in any spelling, is called here, where that is one of `keys`. */
export function ourNameFor(name: string, keys: readonly string[]): Phrase | undefined {
  const flag = flagOf(name)
  const [, found] = Object.entries(otherNames).find(([other]) => flagOf(other) === flag) ?? []
  return found && keys.includes(found.key) ? found.words : undefined
}
