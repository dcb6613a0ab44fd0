import { at } from '../at.ts'
import { clusteredShare } from '../statistics/intervals.ts'
import { type Statistic, statisticOf, undefinedFor } from './statistic.ts'
import type { GroupRewards } from './group-rewards.ts'
import type { RewardTable } from './reward-table.ts'

/** The styles of RM-Bench's responses, in their order: each later one looks better. */
const styles = ['concise', 'detailed_plain', 'detailed_markdown'] as const

/**
 * RM-Bench (Liu et al. 2024, arXiv 2410.16184): three right and three wrong responses to a prompt, one in each style. A
 * pair is hard where the wrong response has the fancier style, easy where the right one has it.
 */
export interface RmBench extends StyleAccuracies {
  readonly styles: readonly string[]
  /** Accuracy by the style of the chosen response (row) and of the rejected one (column); null where no pair is left. */
  readonly matrix: readonly (readonly (number | null)[])[]
  readonly subsets: Readonly<Record<string, StyleAccuracies>>
}

/** Accuracies by how the styles of the two responses differ. Ties count as wrong. */
export interface StyleAccuracies {
  readonly groups: number
  readonly prompts: number
  readonly pairs: number
  readonly easy: Statistic
  readonly normal: Statistic
  readonly hard: Statistic
  /** Over all pairs: where no pair is missing, the mean of the three. */
  readonly average: Statistic
}

/** The matrix and what RM-Bench makes of it (`compute_accuracy` in its scripts); undefined without such groups. */
export function rmBench(all: readonly GroupRewards[], table: RewardTable): RmBench | undefined {
  const groups = all.filter(({ layout }) => layout === 'rm-bench')
  if (groups.length === 0 || !table.groups) return undefined
  const pairs = groups.flatMap((group) => group.pairs)
  const subsets = table.subsetNames.flatMap((name, number) => {
    const members = groups.filter(({ subset }) => subset === number)
    return members.length === 0 ? [] : [[name, accuracies(members, table)] as const]
  })
  return {
    ...accuracies(groups, table),
    styles,
    matrix: styles.map((_, row) =>
      styles.map((__, column) => {
        const found = pairs.filter((pair) => styleOf(table, pair, 'chosen') === row)
        const cell = found.filter((pair) => styleOf(table, pair, 'rejected') === column)
        return cell.length === 0 ? null : cell.filter((pair) => at(table.margins, pair) > 0).length / cell.length
      }),
    ),
    subsets: Object.fromEntries(subsets),
  }
}

function styleOf({ groups }: RewardTable, pair: number, side: 'chosen' | 'rejected'): number {
  if (!groups) return NaN
  return side === 'chosen' ? at(groups.chosenResponses, pair) : at(groups.rejectedResponses, pair) - styles.length
}

function accuracies(groups: readonly GroupRewards[], table: RewardTable): StyleAccuracies {
  const pairs = groups.flatMap((group) => group.pairs)
  const lead = (pair: number) => Math.sign(styleOf(table, pair, 'chosen') - styleOf(table, pair, 'rejected'))
  return {
    groups: groups.length,
    prompts: new Set(groups.map(({ prompt }) => prompt)).size,
    pairs: pairs.length,
    easy: accuracyOf(
      pairs.filter((pair) => lead(pair) > 0),
      table,
    ),
    normal: accuracyOf(
      pairs.filter((pair) => lead(pair) === 0),
      table,
    ),
    hard: accuracyOf(
      pairs.filter((pair) => lead(pair) < 0),
      table,
    ),
    average: accuracyOf(pairs, table),
  }
}

const accuracyOf = (pairs: readonly number[], { margins, promptOf, promptIds }: RewardTable): Statistic =>
  pairs.length === 0
    ? undefinedFor('no such pair is left')
    : statisticOf(
        clusteredShare(
          pairs.map((pair) => (at(margins, pair) > 0 ? 1 : 0)),
          { of: Int32Array.from(pairs, (pair) => at(promptOf, pair)), count: promptIds.length },
        ),
      )
