/**
 * The layouts of rows that are read and written, as `--data-format` names them. docs/data.md says of each where it comes
 * from and what is kept.
 */
export const layoutNames = [
  'pairs',
  'pairs-implicit',
  'messages',
  'groups',
  'unpaired',
  'openai',
  'hh',
  'shp',
  'summarize-comparisons',
  'summarize-axis',
  'oasst-pairs',
  'oasst-trees',
  'webgpt',
  'webgpt-raw',
  'arena',
  'ultrafeedback',
  'ultrafeedback-binarized',
  'helpsteer2',
  'helpsteer3',
  'safe-rlhf',
  'nectar',
  'skywork',
  'rewardbench',
  'rewardbench2',
  'rm-bench',
  'rmb-pairs',
  'rmb-best-of-n',
  'llmbar',
  'judgebench',
  'pandalm',
  'alpacaeval',
  'sharegpt',
  'alpaca',
  'swift',
  'distilabel',
  'distilabel-pairs',
  'argilla',
  'text-lists',
] as const

/** A layout of rows. */
export type LayoutName = (typeof layoutNames)[number]
