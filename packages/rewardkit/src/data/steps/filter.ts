import { InputError } from '../../errors.ts'
import { type Hooks, silentHooks } from '../../events.ts'
import { contentOf } from '../build.ts'
import { isObject } from '../fields.ts'
import type { Group, Message, Preference } from '../group.ts'
import type { FilterOptions } from './options.ts'
import { NothingLeft, type StepResult, transform, type Verdict } from './step.ts'

/**
 * Keeps the rows and pairs that fulfil all conditions; those left out are counted by the option that they failed.
 * @throws InputError for a broken condition or regular expression, and where no row is left
 */
export async function filterData(options: FilterOptions, hooks: Hooks = silentHooks): Promise<StepResult> {
  const conditions = (options.where ?? []).map(condition)
  const failsRow = rowConditions(options, conditions)
  const failsPair = pairConditions(options)
  const judge = (group: Group): Verdict => {
    const reason = failsRow(group)
    if (reason !== undefined) return { removed: group.preferences.map(() => reason) }
    const removed: string[] = []
    const preferences = group.preferences.filter((preference) => {
      const failed = failsPair(group, preference)
      if (failed !== undefined) removed.push(failed)
      return failed === undefined
    })
    return preferences.length === 0 ? { removed } : { keep: { ...group, preferences }, removed }
  }
  const unknown = () => conditions.find(({ wasFound }) => !wasFound())
  try {
    const result = await transform('data filter', options, hooks, judge)
    const path = unknown()?.path
    if (path !== undefined) hooks.onEvent({ kind: 'warning', message: `--where: no row has a column "${path}"` })
    return result
  } catch (error) {
    const path = unknown()?.path
    if (path === undefined || !(error instanceof NothingLeft)) throw error
    throw new InputError(`${error.problem}; --where: no row has a column "${path}"`, {
      remedy: 'data inspect --json and the meta of a converted row show the names',
      cause: error,
    })
  }
}

/** The name of the first condition that a group fails. */
function rowConditions(
  { prompt, maxPromptCharacters = Infinity, maxTurns = Infinity }: FilterOptions,
  conditions: readonly Condition[],
) {
  const pattern = prompt === undefined ? undefined : regularExpression(prompt)
  return (group: Group): string | undefined => {
    const text = textOf(group.prompt)
    if (pattern && !pattern.test(text)) return 'prompt'
    if (text.length > maxPromptCharacters) return 'max_prompt_characters'
    if (group.prompt.length > maxTurns) return 'max_turns'
    return conditions.every(({ holds }) => holds(group)) ? undefined : 'where'
  }
}

function pairConditions({ minMargin, maxMargin, minCharacters = 0, maxCharacters = Infinity }: FilterOptions) {
  return (group: Group, { chosen, rejected, margin }: Preference): string | undefined => {
    if (minMargin !== undefined && !(margin !== undefined && margin >= minMargin)) return 'min_margin'
    if (maxMargin !== undefined && !(margin !== undefined && margin <= maxMargin)) return 'max_margin'
    const lengths = [chosen, rejected].map((index) => textOf(group.responses[index] ?? []).length)
    if (Math.min(...lengths) < minCharacters) return 'min_characters'
    return Math.max(...lengths) > maxCharacters ? 'max_characters' : undefined
  }
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch (error) {
    throw new InputError(`--prompt: ${error instanceof Error ? error.message : 'no regular expression'}`, {
      cause: error,
    })
  }
}

type Comparison = (difference: number) => boolean
const comparisons: Readonly<Record<string, Comparison>> = {
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
}

interface Condition {
  readonly path: string
  readonly holds: (group: Group) => boolean
  /** Whether any row so far has the column. */
  readonly wasFound: () => boolean
}

/** `COLUMN=VALUE`: a field of the group (`id`, `subset`) or of its meta. Numbers are compared as such. */
function condition(text: string): Condition {
  const [, path = '', operator = '=', value = ''] = /^([^=!<>]+?)\s*(!=|<=|>=|=|<|>)\s*(.*)$/s.exec(text) ?? []
  const compare = comparisons[operator]
  if (compare && (value.trim() === '' || Number.isNaN(Number(value))))
    throw new InputError(`--where ${text}: found "${value}", expected a number behind ${operator}`)
  let wasFound = false
  const holds = (group: Group): boolean => {
    const found = valueAt(group, path)
    if (found !== undefined) wasFound = true
    if (compare) return typeof found === 'number' && compare(found - Number(value))
    const isEqual = (typeof found === 'string' ? found : (JSON.stringify(found) ?? '')) === value
    return isEqual === (operator === '=')
  }
  return { path, holds, wasFound: () => wasFound }
}

function valueAt(group: Group, path: string): unknown {
  let value: unknown = { ...group.meta, id: group.id, subset: group.subset, meta: group.meta }
  for (const part of path.split('.')) {
    if (Array.isArray(value)) value = value[Number(part)]
    else value = isObject(value) ? value[part] : undefined
  }
  return value
}

function textOf(messages: readonly Message[]): string {
  return messages.map(contentOf).join('\n')
}
