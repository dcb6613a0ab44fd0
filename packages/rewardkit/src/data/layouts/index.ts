import { InputError } from '../../errors.ts'
import type { Row } from '../fields.ts'
import type { Group } from '../group.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'
import { alpacaLayout } from './alpaca.ts'
import { alpacaevalLayout } from './alpacaeval.ts'
import { arenaLayout } from './arena.ts'
import { argillaLayout } from './argilla.ts'
import { carrying } from './carrying.ts'
import { distilabelLayout, distilabelPairsLayout } from './distilabel.ts'
import { isPresent, type Layout, UnknownLayout } from './layout.ts'
import { helpsteer2Layout, helpsteer3Layout } from './helpsteer.ts'
import { judgebenchLayout } from './judgebench.ts'
import { llmbarLayout } from './llmbar.ts'
import type { LayoutName } from './layout-names.ts'
import { refuseNearMisses, withoutSeries } from './near-misses.ts'
import { nectarLayout } from './nectar.ts'
import { oasstPairsLayout } from './oasst-pairs.ts'
import { oasstTreesLayout } from './oasst-trees.ts'
import { implicitPairLayout, messagesLayout, pairLayout } from './pair.ts'
import { openaiLayout } from './openai.ts'
import { pandalmLayout } from './pandalm.ts'
import { groupLayout, responseLayout } from './response.ts'
import { rewardbench2Layout, rewardbenchLayout } from './rewardbench.ts'
import { rmBenchLayout } from './rm-bench.ts'
import { rmbBestOfNLayout, rmbPairsLayout } from './rmb.ts'
import { safeRlhfLayout } from './safe-rlhf.ts'
import { sharegptLayout } from './sharegpt.ts'
import { shpLayout } from './shp.ts'
import { skyworkLayout } from './skywork.ts'
import { summarizeAxisLayout } from './summarize-axis.ts'
import { summarizeComparisonsLayout } from './summarize-comparisons.ts'
import { swiftLayout } from './swift.ts'
import { textListsLayout } from './text-lists.ts'
import { transcriptLayout } from './transcript.ts'
import { ultrafeedbackBinarizedLayout, ultrafeedbackLayout } from './ultrafeedback.ts'
import { unpairedLayout } from './unpaired.ts'
import { webgptLayout, webgptRawLayout } from './webgpt.ts'

/** The layouts of others, each recognised by columns that no other has, in the order in which they are tried. */
export const foreignLayouts: readonly Layout[] = [
  alpacaevalLayout,
  arenaLayout,
  helpsteer2Layout,
  helpsteer3Layout,
  judgebenchLayout,
  llmbarLayout,
  nectarLayout,
  oasstPairsLayout,
  oasstTreesLayout,
  pandalmLayout,
  rewardbench2Layout,
  rewardbenchLayout,
  rmbBestOfNLayout,
  rmBenchLayout,
  rmbPairsLayout,
  safeRlhfLayout,
  shpLayout,
  skyworkLayout,
  summarizeAxisLayout,
  summarizeComparisonsLayout,
  ultrafeedbackBinarizedLayout,
  ultrafeedbackLayout,
  openaiLayout,
  unpairedLayout,
  webgptLayout,
  webgptRawLayout,
  // Those of tools, which many data sets have.
  argillaLayout,
  distilabelLayout,
  distilabelPairsLayout,
  sharegptLayout,
  swiftLayout,
  alpacaLayout,
  textListsLayout,
].map(carrying)

/** Our own layouts and those of TRL; a file may mix them. */
const OWN: readonly Layout[] = [transcriptLayout, pairLayout, responseLayout, groupLayout].map(carrying)

const implicitPairs = carrying(implicitPairLayout)
const messagePairs = carrying(messagesLayout)

/**
 * The layout that reads a row of one of our own layouts, or TRL's.
 *
 * @throws InputError where none does, with the columns that were found.
 */
export function layoutOf(row: Row, candidates: readonly Layout[] = OWN): Layout {
  const layout = candidates.find((candidate) => candidate.recognises(row))
  if (layout) return layout
  refuseNearMisses(withoutSeries(row), ['chosen', 'rejected', 'response', 'responses'])
  const columns = Object.keys(row).map((column) => (isPresent(row, column) ? column : `${column} (null)`))
  const found = columns.length === 0 ? 'no field' : `the fields ${columns.slice(0, 8).join(', ')}`
  throw new UnknownLayout(`found ${found}, expected "chosen" and "rejected", or "response" or "responses"`, {
    remedy: 'rename them, or say with --columns which hold what',
  })
}

/**
 * The layout that reads a row, of all that there are.
 *
 * @throws InputError where none does.
 */
export const recognisedLayout = (row: Row): Layout => layoutOf(row, all)

const all: readonly Layout[] = [...foreignLayouts, ...OWN]

/** Whether rows of this layout may stand beside others in one file: our own layouts are told apart row by row. */
export const isOwnLayout = (layout: Layout): boolean =>
  OWN.includes(layout) || layout === implicitPairs || layout === messagePairs

/**
 * The layout of a name. A pair that is named as such may still be a transcript.
 *
 * @throws InputError for a layout that is not there.
 */
export function layoutNamed(name: LayoutName): Layout {
  const layout = [...foreignLayouts, ...OWN, implicitPairs, messagePairs].find((candidate) => candidate.name === name)
  if (!layout) throw new InputError(`--data-format: there is no layout ${name}`)
  return layout
}

/**
 * The group that a row of one of our own layouts tells. A row without an id gets `defaultId`.
 *
 * @throws InputError that names the field, what was found and what was expected (not file and line).
 */
export function groupFromRow(row: Row, defaultId: string, options: DataOptions = defaultDataOptions): Group {
  const read = layoutOf(row).read(row, { defaultId, options })
  if ('promptId' in read) return read
  throw new InputError('the row holds no group')
}
