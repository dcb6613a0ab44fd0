import { z } from 'zod'

const groupNames = ['model', 'data', 'rows', 'tokens', 'objective', 'optimizer', 'memory', 'run'] as const

/** A heading by its name, as `.meta({ group })` of an option says it. */
export type OptionGroup = (typeof groupNames)[number]

/** The headings under which help and docs/reference.md show options, in their order. */
export const optionGroups: Readonly<Record<OptionGroup, string>> = {
  model: 'Model',
  data: 'Data',
  rows: 'How rows are read',
  tokens: 'How texts become tokens',
  objective: 'Objective',
  optimizer: 'Optimizer',
  memory: 'Memory and speed',
  run: 'Run and output',
}

/** What an option's schema says of itself with `.meta`, beside its description. */
export const optionMetaSchema = z.object({
  description: z.string().default(''),
  /** The heading that it belongs under. */
  group: z.enum(groupNames).default('run'),
  /** True for an option that only `--help-all` shows. */
  advanced: z.boolean().default(false),
  /** The placeholder for the value in help: `FILE`. */
  placeholder: z.string().optional(),
  /** The default in words, where it depends on something that the schema does not know. */
  defaultText: z.string().optional(),
  /** The key of an option that this one replaces: a later source that gives one of them overrides both. */
  rival: z.string().optional(),
  /** True where several values may follow the flag, apart from those with commas between them. */
  takesSeveral: z.boolean().default(false),
  /** True where commas belong to a value instead of separating several. */
  wholeWords: z.boolean().default(false),
})

/** The same options, all under one heading. */
export function inGroup<Shape extends Record<string, z.ZodType>>(group: OptionGroup, shape: Shape): Shape {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys, and `meta` keeps the type of each
  return Object.fromEntries(Object.entries(shape).map(([key, option]) => [key, option.meta({ group })])) as Shape
}
