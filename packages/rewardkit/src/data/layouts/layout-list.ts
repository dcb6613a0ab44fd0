import { alpacaLayout } from './alpaca.ts'
import { alpacaevalLayout } from './alpacaeval.ts'
import { arenaLayout } from './arena.ts'
import { argillaLayout } from './argilla.ts'
import { distilabelLayout, distilabelPairsLayout } from './distilabel.ts'
import { helpsteer2Layout, helpsteer3Layout } from './helpsteer.ts'
import { judgebenchLayout } from './judgebench.ts'
import { llmbarLayout } from './llmbar.ts'
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
import { carrying } from './carrying.ts'
import type { Layout } from './layout.ts'

/** The layouts of data sets and tools, each recognised by columns that no other has, in the order in which they are tried. */
const foreign = [
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
] as const

/** Our own layouts and those of TRL: a file may mix those that are recognised. */
const own = [pairLayout, implicitPairLayout, messagesLayout, groupLayout, transcriptLayout] as const

/** The layouts that `--data-format` and `data convert --to` know, in the order of help. */
export const layoutNames = [...own, ...foreign].map(({ name }) => name)

/** A layout by its name. */
export type LayoutName = (typeof layoutNames)[number]

/** The layouts of data sets and tools, in the order in which they are tried. */
export const foreignLayouts: readonly Layout[] = foreign.map(carrying)

/** Our own layouts that a row is recognised as, in the order in which they are tried; `response` has no preferences. */
export const recognisedOwn: readonly Layout[] = [transcriptLayout, pairLayout, responseLayout, groupLayout].map(
  carrying,
)

/** Our own layouts that have to be named, because their rows are also those of another one. */
export const namedOwn: readonly Layout[] = [implicitPairLayout, messagesLayout].map(carrying)
