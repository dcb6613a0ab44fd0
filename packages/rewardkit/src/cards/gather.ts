import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readCard } from '../hub/card.ts'
import { snakeCase } from '../option-schemas.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import type { RewardNetwork } from '../models/index.ts'
import { endToken, type Tokenizer } from '../tokens/tokenizer.ts'
import { version } from '../version.ts'
import type { CardData, CardFacts, CardReading } from './card-facts.ts'

/** What a run knows of itself when its model has been saved. */
interface RunFacts {
  readonly out: string
  /** The folder of the model that training began with, and its name as config.yaml has it. */
  readonly base: { readonly folder: string; readonly name: string }
  readonly network: Pick<RewardNetwork, 'config' | 'reading' | 'rewardConstant' | 'trainedOn' | 'weights'>
  readonly tokenizer: Tokenizer
  /** By their names in TypeScript. */
  readonly options: Readonly<Record<string, unknown>>
  readonly training: CardFacts['training']
  readonly evaluation: { readonly summary: EvaluationSummary; readonly data: CardData | null } | null
}

/** What the card of a run's model says. */
export function cardFacts({ out, base, network, tokenizer, options, training, evaluation }: RunFacts): CardFacts {
  return {
    name: basename(resolve(out)),
    version,
    base: { name: base.name, family: network.config.family, licence: licenceOf(base.folder) },
    training,
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [snakeCase(name), value])),
    reading: readingOf(network, tokenizer),
    evaluation,
  }
}

function readingOf(network: RunFacts['network'], tokenizer: Tokenizer): CardReading {
  const { reading, rewardConstant, trainedOn, weights } = network
  return {
    maxLength: reading.maxLength,
    form: formOf(trainedOn ?? {}),
    ending: reading.pool === 'template-end' ? null : (tokenizer.chat?.ending ?? null),
    end: tokenizer.eos ? endToken(tokenizer) : null,
    rewardConstant,
    opensInTransformers: !weights.hiddenHead,
  }
}

/** How most of the training data were read. */
function formOf(trainedOn: NonNullable<RewardNetwork['trainedOn']>): CardReading['form'] {
  const counts = {
    template: trainedOn.template ?? 0,
    'plain-form': trainedOn.plain_form ?? 0,
    text: (trainedOn.joined ?? 0) + (trainedOn.whole ?? 0) + (trainedOn.transcript ?? 0),
  }
  const most = Math.max(...Object.values(counts))
  return counts.template === most ? 'template' : counts['plain-form'] === most ? 'plain-form' : 'text'
}

/** The licence that the card of a model states; null where there is no card, or none that can be read. */
function licenceOf(folder: string): string | null {
  const path = join(folder, 'README.md')
  try {
    return existsSync(path) ? readCard(readFileSync(path, 'utf8'), basename(dirname(path))).licence : null
  } catch {
    return null
  }
}
