import { basename } from 'node:path'
import { stringify } from 'yaml'
import type { CardData, CardFacts } from './card-facts.ts'

/**
 * The YAML header of a model card, as the hub reads it: base model, data sets, licence where known, and results in the
 * form of `model-index` (what `huggingface_hub.ModelCard` calls `eval_results`).
 */
export function cardHeader(facts: CardFacts): string {
  const { base, training, evaluation } = facts
  const baseModel = hubName(base.name)
  const datasets = [...new Set(repositoriesOf(training))]
  return stringify({
    ...(baseModel !== undefined && { base_model: baseModel }),
    ...(datasets.length > 0 && { datasets }),
    ...(base.licence !== null && /^[a-z\d][a-z\d.-]*$/.test(base.licence) && { license: base.licence }),
    pipeline_tag: 'text-classification',
    ...(facts.reading.opensInTransformers && { library_name: 'transformers' }),
    tags: ['reward-model', 'preference', 'rewardkit'],
    ...(evaluation && { 'model-index': [{ name: facts.name, results: results(facts) }] }),
  })
}

function results({ evaluation, training, options }: CardFacts): unknown[] {
  if (!evaluation) return []
  const { summary, data } = evaluation
  const [repository] = repositoriesOf(data ?? training)
  const name = nameOfData(data ?? training)
  const { value, low, high } = summary.accuracy
  return [
    {
      task: { type: 'text-classification', name: 'Preference pairs' },
      dataset: {
        type: repository ?? 'local',
        name:
          data === null
            ? `${name}, held out (${(100 * Number(options['eval_fraction'])).toFixed(1)} % of the prompts)`
            : name,
      },
      metrics: [
        { type: 'accuracy', name: 'Accuracy', value },
        { type: 'accuracy_low', name: 'Accuracy, lower end of the 95 % interval', value: low },
        { type: 'accuracy_high', name: 'Accuracy, upper end of the 95 % interval', value: high },
        { type: 'pairs', name: 'Pairs', value: summary.pairs },
        { type: 'prompts', name: 'Prompts', value: summary.prompts },
      ],
    },
  ]
}

/** Names of files without their folders: a card is read elsewhere. */
export const nameOfData = ({ sources }: CardData): string => sources.map(({ name }) => basename(name)).join(', ')

const repositoriesOf = ({ sources }: CardData): string[] =>
  sources.flatMap(({ origin }) => (typeof origin?.['repository'] === 'string' ? [origin['repository']] : []))

/** `hub:owner/name@commit` or `owner/name@commit` as the hub names it; undefined for a folder. */
export function hubName(name: string): string | undefined {
  return /^(?:hub:|hf:)?([\w.-]+\/[\w.-]+|[\w.-]+)@[0-9a-f]{40}$/.exec(name)?.[1]
}
