import { InputError } from '../../errors.ts'
import type { Row } from '../fields.ts'
import type { Group } from '../group.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'
import { alpacaFormat } from './alpaca.ts'
import { alpacaevalFormat } from './alpacaeval.ts'
import { arenaFormat } from './arena.ts'
import { argillaFormat } from './argilla.ts'
import { carrying } from './carrying.ts'
import { distilabelFormat, distilabelPairsFormat } from './distilabel.ts'
import { isPresent, type RowFormat, UnknownLayout } from './layout.ts'
import { helpsteer2Format, helpsteer3Format } from './helpsteer.ts'
import { judgebenchFormat } from './judgebench.ts'
import { llmbarFormat } from './llmbar.ts'
import type { FormatName } from './layout-names.ts'
import { refuseNearMisses, withoutSeries } from './near-misses.ts'
import { nectarFormat } from './nectar.ts'
import { oasstPairsFormat } from './oasst-pairs.ts'
import { oasstTreesFormat } from './oasst-trees.ts'
import { implicitPairFormat, messagesFormat, pairFormat } from './pair.ts'
import { openaiFormat } from './openai.ts'
import { pandalmFormat } from './pandalm.ts'
import { groupFormat, responseFormat } from './response.ts'
import { rewardbench2Format, rewardbenchFormat } from './rewardbench.ts'
import { rmBenchFormat } from './rm-bench.ts'
import { rmbBestOfNFormat, rmbPairsFormat } from './rmb.ts'
import { safeRlhfFormat } from './safe-rlhf.ts'
import { sharegptFormat } from './sharegpt.ts'
import { shpFormat } from './shp.ts'
import { skyworkFormat } from './skywork.ts'
import { summarizeAxisFormat } from './summarize-axis.ts'
import { summarizeComparisonsFormat } from './summarize-comparisons.ts'
import { swiftFormat } from './swift.ts'
import { textListsFormat } from './text-lists.ts'
import { transcriptFormat } from './transcript.ts'
import { ultrafeedbackBinarizedFormat, ultrafeedbackFormat } from './ultrafeedback.ts'
import { unpairedFormat } from './unpaired.ts'
import { webgptFormat, webgptRawFormat } from './webgpt.ts'

/** The layouts of others, each recognised by columns that no other has, in the order in which they are tried. */
export const foreignFormats: readonly RowFormat[] = [
  alpacaevalFormat,
  arenaFormat,
  helpsteer2Format,
  helpsteer3Format,
  judgebenchFormat,
  llmbarFormat,
  nectarFormat,
  oasstPairsFormat,
  oasstTreesFormat,
  pandalmFormat,
  rewardbench2Format,
  rewardbenchFormat,
  rmbBestOfNFormat,
  rmBenchFormat,
  rmbPairsFormat,
  safeRlhfFormat,
  shpFormat,
  skyworkFormat,
  summarizeAxisFormat,
  summarizeComparisonsFormat,
  ultrafeedbackBinarizedFormat,
  ultrafeedbackFormat,
  openaiFormat,
  unpairedFormat,
  webgptFormat,
  webgptRawFormat,
  // Those of tools, which many data sets have.
  argillaFormat,
  distilabelFormat,
  distilabelPairsFormat,
  sharegptFormat,
  swiftFormat,
  alpacaFormat,
  textListsFormat,
].map(carrying)

/** Our own layouts and those of TRL; a file may mix them. */
const OWN: readonly RowFormat[] = [transcriptFormat, pairFormat, responseFormat, groupFormat].map(carrying)

const implicitPairs = carrying(implicitPairFormat)
const messagePairs = carrying(messagesFormat)

/**
 * The format that reads a row of one of our own layouts, or TRL's.
 *
 * @throws InputError where none does, with the columns that were found.
 */
export function formatOf(row: Row, candidates: readonly RowFormat[] = OWN): RowFormat {
  const format = candidates.find((candidate) => candidate.recognises(row))
  if (format) return format
  refuseNearMisses(withoutSeries(row), ['chosen', 'rejected', 'response', 'responses'])
  const columns = Object.keys(row).map((column) => (isPresent(row, column) ? column : `${column} (null)`))
  const found = columns.length === 0 ? 'no field' : `the fields ${columns.slice(0, 8).join(', ')}`
  throw new UnknownLayout(`found ${found}, expected "chosen" and "rejected", or "response" or "responses"`, {
    remedy: 'rename them, or say with --columns which hold what',
  })
}

/**
 * The format that reads a row, of all that there are.
 *
 * @throws InputError where none does.
 */
export const recognisedFormat = (row: Row): RowFormat => formatOf(row, all)

const all: readonly RowFormat[] = [...foreignFormats, ...OWN]

/** Whether rows of this format may stand beside others in one file: our own layouts are told apart row by row. */
export const isOwnFormat = (format: RowFormat): boolean =>
  OWN.includes(format) || format === implicitPairs || format === messagePairs

/**
 * The format of a name. A pair that is named as such may still be a transcript.
 *
 * @throws InputError for a layout that is not there.
 */
export function formatNamed(name: FormatName): RowFormat {
  const format = [...foreignFormats, ...OWN, implicitPairs, messagePairs].find((candidate) => candidate.name === name)
  if (!format) throw new InputError(`--data-format: there is no layout ${name}`)
  return format
}

/**
 * The group that a row of one of our own layouts tells. A row without an id gets `defaultId`.
 *
 * @throws InputError that names the field, what was found and what was expected (not file and line).
 */
export function groupFromRow(row: Row, defaultId: string, options: DataOptions = defaultDataOptions): Group {
  const read = formatOf(row).read(row, { defaultId, options })
  if ('promptId' in read) return read
  throw new InputError('the row holds no group')
}
