import { type CommandOption, commandOptions } from '../option-schemas.ts'
import type { Command } from './command.ts'

/** An option name and what it means, in the verbs where it means that. */
export interface OptionMeaning {
  readonly option: CommandOption
  readonly verbs: readonly string[]
}

/** Names that every verb has beside its own options. */
export const generalNames = ['config', 'set', 'help', 'helpAll', 'version']

/** The names that do not mean the same in every verb, each with the reason. A test allows no others. */
export const severalMeanings: Readonly<Record<string, string>> = {
  columns: 'what its names mean: columns of preference data, or of rewards',
  data: 'what a verb reads: preferences, or for `score` any responses',
  model: 'the model that a verb works with: one to start from, a reward model, or one to look at',
  out: 'where a verb writes: a file, or a folder of its own files',
  dryRun: 'what a plan is made from: two micro-batches of a run, or the sizes of an experiment',
  resume: 'what a verb continues: a run, or an experiment of many',
  pairs: 'how many pairs a verb writes: simulated ones, or those inside a page',
}

/** Every option name in alphabetical order, with what it means: once for all verbs, or once for each meaning. */
export function optionMeanings(commands: readonly Command[]): OptionMeaning[] {
  const meanings = new Map<string, OptionMeaning>()
  for (const { name, schema } of commands) {
    for (const option of commandOptions(schema)) {
      const key = meaningOf(option)
      meanings.set(key, { option, verbs: [...(meanings.get(key)?.verbs ?? []), name] })
    }
  }
  return [...meanings.values()].toSorted((one, other) => (one.option.flag < other.option.flag ? -1 : 1))
}

/** All that makes two options the same. Defaults may differ: what is usual in one verb is not in another. */
function meaningOf({
  key,
  description,
  placeholder,
  group,
  advanced,
  takesSeveral,
  rival,
  shape,
}: CommandOption): string {
  return JSON.stringify([key, description, placeholder, group, advanced, takesSeveral, rival, shape])
}
