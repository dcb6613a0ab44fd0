import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { type Hooks, silentHooks, warning } from '../../events.ts'
import { command, option, phrase } from '../../phrase.ts'
import { contentOf } from '../build.ts'
import { isObject, type Row } from '../fields.ts'
import type { Group, Message, Preference } from '../group.ts'
import { openIdLists } from './id-list.ts'
import type { FilterOptions } from './transform-options.ts'
import { NothingLeft, type TransformResult, transform, type Verdict } from './transform.ts'

/**
 * Keeps the rows and pairs that fulfil all conditions; those left out are counted by the option that they failed.
 * @throws InputError for a broken condition or regular expression, and where no row is left
 */
export async function filterData(options: FilterOptions, hooks: Hooks = silentHooks): Promise<TransformResult> {
  const conditions = (options.where ?? []).map(condition)
  const lists = await openIdLists(options, hooks)
  const failsRow = rowConditions(options)
  const failsPair = pairConditions(options, conditions)
  const verdict = (group: Group): Verdict => {
    for (const list of lists) list.look(group)
    const reason = failsRow(group)
    if (reason !== undefined) return { removed: group.preferences.map(() => reason) }
    const removed: string[] = []
    const preferences = group.preferences.filter((preference) => {
      const failed =
        lists.find((list) => list.has(group, preference) !== list.keeps)?.reason ?? failsPair(group, preference)
      if (failed !== undefined) removed.push(failed)
      return failed === undefined
    })
    return preferences.length === 0 ? { removed } : { keep: { ...group, preferences }, removed }
  }
  const unknown = () => conditions.find(({ wasFound }) => !wasFound())
  try {
    const files = Object.fromEntries(lists.map(({ option: name, file }) => [name, file]))
    const judge = { verdict, atEnd: () => lists.forEach((list) => list.report(options.data, hooks)) }
    const result = await transform('data filter', { ...options, ...files }, hooks, judge)
    const path = unknown()?.path
    if (path !== undefined) hooks.onEvent(warning(phrase`${option('where')}: no row has a column "${path}"`))
    return result
  } catch (error) {
    const path = unknown()?.path
    if (path === undefined || !(error instanceof NothingLeft)) throw error
    throw new InputError(phrase`${error.phrases.problem}; ${option('where')}: no row has a column "${path}"`, {
      remedy: phrase`${command('data inspect --json')} and the meta of a converted row show the names`,
      cause: error,
    })
  }
}

/** The name of the first condition that a group fails. */
function rowConditions({ prompt, maxPromptCharacters = Infinity, maxTurns = Infinity }: FilterOptions) {
  const pattern = prompt === undefined ? undefined : regularExpression(prompt)
  return (group: Group): string | undefined => {
    const text = textOf(group.prompt)
    if (pattern && !pattern.test(text)) return 'prompt'
    if (text.length > maxPromptCharacters) return 'max_prompt_characters'
    return group.prompt.length > maxTurns ? 'max_turns' : undefined
  }
}

function pairConditions(
  { minMargin, maxMargin, minCharacters = 0, maxCharacters = Infinity }: FilterOptions,
  conditions: readonly Condition[],
) {
  return (group: Group, preference: Preference): string | undefined => {
    const { chosen, rejected, margin } = preference
    if (!conditions.every(({ holds }) => holds(group, preference))) return 'where'
    if (minMargin !== undefined && !(margin !== undefined && margin >= minMargin)) return 'min_margin'
    if (maxMargin !== undefined && !(margin !== undefined && margin <= maxMargin)) return 'max_margin'
    const lengths = [chosen, rejected].map((index) => textOf(at(group.responses, index)).length)
    if (Math.min(...lengths) < minCharacters) return 'min_characters'
    return Math.max(...lengths) > maxCharacters ? 'max_characters' : undefined
  }
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch (error) {
    throw new InputError(
      phrase`${option('prompt')}: ${error instanceof Error ? error.message : 'not a regular expression'}`,
      {
        cause: error,
      },
    )
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
  readonly holds: (group: Group, preference: Preference) => boolean
  /** Whether any row so far has the column. */
  readonly wasFound: () => boolean
}

/** `COLUMN=VALUE`: a column of our own layouts, whatever the rows' own is, or of the meta. Numbers are compared as such. */
function condition(text: string): Condition {
  const [, path = '', operator = '=', value = ''] = /^([^=!<>]+?)\s*(!=|<=|>=|=|<|>)\s*(.*)$/s.exec(text) ?? []
  const compare = comparisons[operator]
  if (compare && (value.trim() === '' || Number.isNaN(Number(value))))
    throw new InputError(phrase`${option('where')} ${text}: found "${value}", expected a number after ${operator}`)
  let wasFound = false
  const holds = (group: Group, preference: Preference): boolean => {
    const found = valueAt(group, preference, path)
    if (found !== undefined) wasFound = true
    if (compare) return typeof found === 'number' && compare(found - Number(value))
    const isEqual = (typeof found === 'string' ? found : (JSON.stringify(found) ?? '')) === value
    return isEqual === (operator === '=')
  }
  return { path, holds, wasFound: () => wasFound }
}

function valueAt(group: Group, preference: Preference, path: string): unknown {
  let value: unknown = { ...group.meta, ...columnsOf(group, preference) }
  for (const part of path.split('.')) {
    if (Array.isArray(value)) value = value[Number(part)]
    else value = isObject(value) ? value[part] : undefined
  }
  return value
}

/** What a pair has by the names of our own layouts. */
function columnsOf({ id, subset, meta, prompt, responses }: Group, preference: Preference): Row {
  const { margin, weight, probability } = preference
  const columns = {
    id,
    subset,
    meta,
    prompt: textOf(prompt),
    chosen: textOf(at(responses, preference.chosen)),
    rejected: textOf(at(responses, preference.rejected)),
    margin,
    weight,
    probability,
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

function textOf(messages: readonly Message[]): string {
  return messages.map(contentOf).join('\n')
}
