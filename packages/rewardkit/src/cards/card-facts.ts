import type { ConversationEnding } from '../tokens/tokenizer.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'

/** One source of data, as `data.json` has it. */
export interface CardSource {
  readonly name: string
  /** Repository, revision and licence of what came from the hub. */
  readonly origin?: Readonly<Record<string, unknown>>
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[]
}

/** Data that a model was trained or evaluated on. */
export interface CardData {
  readonly sources: readonly CardSource[]
  readonly read: number
  readonly dropped: Readonly<Record<string, number>>
}

/** How a saved model reads a conversation, which other programs have to repeat. */
export interface CardReading {
  readonly maxLength: number
  /** What most of its training data were: conversations for the chat template or in plain form, or texts. */
  readonly form: 'template' | 'plain-form' | 'text'
  /** How its chat template ends; null where the whole text of the template is read. */
  readonly ending: ConversationEnding | null
  readonly end: { readonly id: number; readonly text: string } | null
  readonly rewardConstant: number
  /** False for a head that transformers has no class for. */
  readonly opensInTransformers: boolean
}

/** Everything that a model card says: a plain value. */
export interface CardFacts {
  /** A name for the title. */
  readonly name: string
  readonly version: string
  /** The model that training began with: a name at the hub or a folder, and what its own card says of its licence. */
  readonly base: { readonly name: string; readonly family: string; readonly licence: string | null }
  readonly training: CardData & { readonly pairs: number; readonly truncated: number; readonly steps: number }
  /** The resolved options of the run, by their names in config.yaml. */
  readonly options: Readonly<Record<string, unknown>>
  readonly reading: CardReading
  /** Null where the run held nothing out. `data` is null where a share of the training data was held out. */
  readonly evaluation: { readonly summary: EvaluationSummary; readonly data: CardData | null } | null
}
