import { counted } from '../counted.ts'
import { type DataOptions, evaluationSplits, openData, type Survey, surveyPreferences } from '../data/index.ts'
import { type Hooks, logLine } from '../events.ts'
import { droppedText, encodeEvaluation, type EvaluationData } from '../rewards/evaluation-data.ts'
import type { OpenedModel } from '../rewards/open-model.ts'
import { createReadingTally, type Spool } from '../tokens/index.ts'

/** Which rows to read, and how. */
export interface PairsToRead extends DataOptions {
  readonly data: string
  readonly limit?: number | undefined
  /** What messages call rows that a program gave. */
  readonly calledAs?: string | undefined
  /** Whether the starts of the responses are needed. */
  readonly withStarts?: boolean | undefined
}

/**
 * The pairs of a preference file as a model reads them. Says what was dropped and cut.
 * @throws InputError for what is wrong with the file, and where no pair is left
 */
export async function readPairs(
  { network, tokenizer }: OpenedModel,
  options: PairsToRead,
  spool: Spool,
  hooks: Hooks,
): Promise<{ readonly survey: Survey; readonly pairs: EvaluationData }> {
  const opened = await openData(options.data, options, evaluationSplits, hooks)
  const readings = createReadingTally(tokenizer, network.reading)
  const survey = await surveyPreferences(opened, options.limit, (group) => readings.add(group))
  readings.report(survey.name, hooks)
  const { onError, withStarts } = options
  const reading = { ...network.reading, trainedBy: network.truncationRule, onError, withStarts }
  const pairs = await encodeEvaluation(survey, tokenizer, reading, spool, hooks)
  const left = droppedText(pairs.dropped)
  if (left !== '')
    hooks.onEvent(logLine(`${pairs.name}: ${counted(pairs.read, 'pair')} read, ${pairs.pairs} to evaluate on${left}`))
  return { survey, pairs }
}
