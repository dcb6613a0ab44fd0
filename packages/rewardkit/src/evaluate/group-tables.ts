import type { Analysis } from '../analysis/analyse.ts'
import type { BestOfK, GroupShare } from '../analysis/best-of-k.ts'
import type { RewardBench2 } from '../analysis/rewardbench2.ts'
import type { RmBench, StyleAccuracies } from '../analysis/rm-bench.ts'
import { formatEstimate } from './subset-table.ts'
import { formatShare, percent, type Table } from './table.ts'

/** What groups of several responses show: a table for each kind of group that there is. */
export function groupTables({ groups }: Pick<Analysis, 'groups'>): Table[] {
  const { best_of_k: best, rewardbench2, rm_bench: rmBench } = groups ?? {}
  return [
    ...(best ? [bestOfKTable(best)] : []),
    ...(rewardbench2 ? [rewardBench2Table(rewardbench2)] : []),
    ...(rmBench ? [rmBenchTable(rmBench), matrixTable(rmBench)] : []),
  ]
}

function bestOfKTable({ least_responses: least, most_responses: most, chance, subsets, ...all }: BestOfK): Table {
  const responses = least === most ? String(least) : `${least} to ${most}`
  const row = (name: string, { groups, prompts, accuracy }: GroupShare) => [
    name,
    String(groups),
    String(prompts),
    formatShare(accuracy),
  ]
  const { ties } = all
  return {
    header: [`best of ${responses}`, 'groups', 'prompts', 'accuracy % (95 %)'],
    rows: [
      row('all', all),
      ...Object.entries(subsets).map(([name, share]) => row(name, share)),
      ['ties, which are wrong', String(ties), '', ''],
      ['chance', '', '', percent(chance)],
    ],
  }
}

function rewardBench2Table({ subsets, average }: RewardBench2): Table {
  return {
    header: ['RewardBench 2', 'groups', 'score % (95 %)'],
    rows: [
      ...Object.entries(subsets).map(([name, { groups, score }]) => [name, String(groups), formatEstimate(score)]),
      ['mean of subsets', '', formatEstimate(average)],
    ],
  }
}

function rmBenchTable({ subsets, ...all }: RmBench): Table {
  const row = (name: string, { groups, easy, normal, hard }: StyleAccuracies) => [
    name,
    String(groups),
    ...[easy, normal, hard].map(formatEstimate),
  ]
  return {
    header: ['RM-Bench', 'groups', 'easy % (95 %)', 'normal % (95 %)', 'hard % (95 %)'],
    rows: [row('all', all), ...Object.entries(subsets).map(([name, accuracies]) => row(name, accuracies))],
  }
}

function matrixTable({ styles, matrix }: RmBench): Table {
  const names = styles.map((style) => style.replaceAll('_', ' '))
  return {
    header: ['chosen \\ rejected, accuracy %', ...names],
    rows: matrix.map((cells, row) => [names[row] ?? '', ...cells.map((cell) => percent(cell ?? NaN))]),
  }
}
