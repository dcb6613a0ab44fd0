import { droppedText } from '../rewards/evaluation-data.ts'
import { formatTable } from '../evaluate/table.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { flagOf } from '../option-schemas.ts'
import { cutParts } from '../tokens/index.ts'
import { formatDuration } from './terminal.ts'

/** The plan of a run as a table for the terminal. */
export function formatPlan(plan: TrainingPlan): string {
  const { tokens, seconds, memory, disk, forAnHour } = plan
  const saved = 100 * (1 - tokens.shared / tokens.unshared)
  const sum = (parts: Readonly<Record<string, number>>) => Object.values(parts).reduce((all, part) => all + part, 0)
  const parts = (bytes: Readonly<Record<string, number>>) =>
    Object.entries(bytes)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [`  ${flagOf(name).slice(2).replaceAll('-', ' ')}`, size(count)])
  const table = formatTable(
    ['', 'planned'],
    [
      ['pairs', `${plan.pairs}`],
      ['groups', `${plan.groups}`],
      ['dropped', droppedText(plan.dropped).replace(/^, (\d+) dropped/, '$1') || '0'],
      ['truncated groups', plan.truncated === 0 ? '0' : `${plan.truncated} (${cutParts(plan.cut)})`],
      ['tokens', `${tokens.unshared}`],
      ['with shared prefixes once', `${tokens.shared} (${saved.toFixed(1)} % less)`],
      ['steps', `${plan.steps}`],
      ['micro-batches per step', (plan.microBatches / plan.steps).toFixed(1)],
      ['time per step', `${seconds.perStep.toFixed(2)} s`],
      ['training time', formatDuration(seconds.training)],
      ['evaluation time', formatDuration(seconds.evaluations)],
      ...(seconds.hiddenStates > 0
        ? [['time for hidden states, the first time', formatDuration(seconds.hiddenStates)]]
        : []),
      ['peak memory', size(sum(memory))],
      ...parts(memory),
      ['disk', size(sum(disk))],
      ...parts(disk),
    ],
  )
  const settings = forAnHour?.map(({ option, value }) => `${flagOf(option)} ${value}`).join(', or ')
  const fitting =
    settings === undefined
      ? 'the run fits in an hour'
      : settings === ''
        ? 'no shorter run would fit in an hour'
        : `${settings} would fit in an hour`
  return `${table}\n${fitting}\ntimes and memory are estimates from two micro-batches, scaled by tokens, with the machine as busy as it is now; they leave out saving, the optimizer's time, and what the process keeps besides tensors`
}

/** `1.5 GB`, in powers of ten. */
function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}
