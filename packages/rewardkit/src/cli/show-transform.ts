import { counted } from '../counted.ts'
import { turnedMessage } from '../data/probability.ts'
import { skippedMessage } from '../data/skipped-rows.ts'
import type { Leakage } from '../data/transforms/leakage.ts'
import { inCommandWords } from './words.ts'
import type { TransformResult } from '../data/transforms/transform.ts'

/** What a step on data read, left out and wrote, a line each. */
export function formatTransform({ read, removed, outputs, provenance }: TransformResult): string {
  const lines = [`read ${counted(read.pairs, 'pair')} in ${counted(read.groups, 'row')} (${read.formats.join(', ')})`]
  if (sum(read.dropped) > 0) lines.push(`left out: ${reasons(read.dropped)}`)
  const turned = turnedMessage(read.turned)
  if (turned !== undefined) lines.push(turned)
  const skipped = skippedMessage(read.skipped)
  if (skipped !== undefined) lines.push(inCommandWords(skipped))
  if (sum(removed) > 0) lines.push(`removed: ${reasons(removed)}`)
  for (const { file, pairs, rows, lost } of outputs) {
    lines.push(`${file}: ${counted(pairs, 'pair')} in ${counted(rows, 'row')}`)
    lines.push(...lossLines(lost))
  }
  lines.push(`provenance: ${provenance}`)
  return lines.join('\n')
}

/** What the layout changed, of how many rows. */
function lossLines({
  form = 0,
  made_up_margin: madeUp = 0,
  ...lost
}: TransformResult['outputs'][number]['lost']): string[] {
  const lines = sum(lost) > 0 ? [`  the layout does not keep: ${reasons(lost)}`] : []
  if (form > 0)
    lines.push(`  written in another form (plain texts, messages or transcript) than read: ${counted(form, 'row')}`)
  if (madeUp > 0)
    lines.push(`  a margin is made up for pairs without one, since the layout needs it: ${counted(madeUp, 'row')}`)
  return lines
}

/** Leakage as a person reads it. */
export function formatLeakage(leakage: Leakage): string {
  const { leaked_rows: found, rows, examples, evaluation_prompts: prompts, leaked_evaluation_prompts: leaked } = leakage
  const total = sum(found)
  const lines = [
    `${leakage.data}: ${counted(rows, 'row')}, ${counted(leakage.prompts, 'prompt')}`,
    `${leakage.against}: ${counted(prompts, 'prompt')}, of which ${leaked} (${percent(leaked, prompts)}) are in the data too`,
    `rows with such a prompt: ${total} (${percent(total, rows)}): ${found.exact} exact, ${found.user_turns} with the same user turns, ${found.normalised} normalised, ${found.near} near`,
    `rows that are equal in everything: ${leakage.leaked_pairs}`,
  ]
  for (const { id, match, similarity, against } of examples.slice(0, 5))
    lines.push(`  ${id} is ${against} (${match}${match === 'near' ? `, ${similarity.toFixed(2)}` : ''})`)
  if (total > 5) lines.push(`  and ${total - 5} more (--json lists ${examples.length})`)
  if (leakage.cut > 0)
    lines.push(
      `${counted(leakage.cut, 'prompt')} share long passages with many others: each was compared with the 20 likeliest only`,
    )
  return lines.join('\n')
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0)
const percent = (count: number, of: number): string => `${((100 * count) / Math.max(1, of)).toFixed(1)} %`
const reasons = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ')
