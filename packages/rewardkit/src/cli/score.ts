import { type BadLine, formatOf, type Group, groupFromRow, type Line, parseRow } from '../data/index.ts'
import { InputError } from '../errors.ts'
import type { ScoredGroup } from '../evaluate/score.ts'

/** Scores groups, in order. */
export type ScoreGroups = (groups: readonly Group[]) => Promise<ScoredGroup[]>

/** What became of the lines. */
export interface ScoreCounts {
  readonly lines: number
  readonly failed: number
}

/** Lines that go to the model together: enough to fill micro-batches, few enough that the output keeps flowing. */
const linesAtATime = 64

interface ReadLine {
  readonly line: Line
  readonly row: Readonly<Record<string, unknown>>
  readonly format: ReturnType<typeof formatOf>
  readonly group: Group
}

interface Failed {
  readonly id: string
  readonly error: string
}

/**
 * Scores JSON lines as they come and writes one line for each, in order: the row as it was with `reward` (one response),
 * `rewards` (a list of responses) or `chosen_reward`, `rejected_reward` and `reward_margin` (a pair) added, or
 * {id, error}. A line that cannot be read, or a row without an id, is called `line-N` in an error.
 */
export async function scoreLines(
  lines: AsyncIterable<Line | BadLine>,
  scoreGroups: ScoreGroups,
  write: (text: string) => Promise<void>,
): Promise<ScoreCounts> {
  let count = 0
  let failed = 0
  let batch: (ReadLine | Failed)[] = []
  const flush = async () => {
    const readable = batch.filter((item): item is ReadLine => 'group' in item)
    const scored = (readable.length === 0 ? [] : await scoreGroups(readable.map(({ group }) => group))).values()
    let text = ''
    for (const item of batch) {
      const outcome = 'group' in item ? checked(scored.next().value) : item
      if ('error' in outcome) failed += 1
      text += `${JSON.stringify(written(item, outcome))}\n`
    }
    batch = []
    await write(text)
  }
  for await (const line of lines) {
    count += 1
    batch.push(read(line))
    if (batch.length === linesAtATime) await flush()
  }
  if (batch.length > 0) await flush()
  return { lines: count, failed }
}

function read(line: Line | BadLine): ReadLine | Failed {
  const unnamed = `line-${line.number}`
  let id = unnamed
  try {
    if ('error' in line) throw new InputError(line.error, { remedy: line.remedy })
    const row = parseRow(line.text)
    if (typeof row['id'] === 'string' || typeof row['id'] === 'number') id = String(row['id'])
    const format = formatOf(row)
    return { line, row, format, group: groupFromRow(row, unnamed) }
  } catch (error) {
    if (error instanceof InputError) return { id, error: `line ${line.number}: ${error.message}` }
    throw error
  }
}

/** JSON has no NaN: a reward that is none is an error. */
function checked(scored: ScoredGroup | undefined): ScoredGroup {
  if (!scored) return { error: 'no reward came back' }
  const bad = 'error' in scored ? undefined : scored.rewards.find((reward) => !Number.isFinite(reward))
  return bad === undefined ? scored : { error: `the reward is ${bad}; is the model damaged?` }
}

/** The line to write for what was read and what became of it. */
function written(item: ReadLine | Failed, outcome: ScoredGroup): Readonly<Record<string, unknown>> {
  if (!('group' in item)) return { id: item.id, error: item.error }
  const { line, row, format, group } = item
  if ('error' in outcome) return { id: group.id, error: `line ${line.number}: ${outcome.error}` }
  const { rewards } = outcome
  if (format.name === 'groups') return { ...row, rewards }
  if (format.name === 'response') return { ...row, reward: rewards[0] }
  const [preference] = group.preferences
  const chosen = rewards[preference?.chosen ?? 0] ?? NaN
  const rejected = rewards[preference?.rejected ?? 1] ?? NaN
  return { ...row, chosen_reward: chosen, rejected_reward: rejected, reward_margin: chosen - rejected }
}
