import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type RewardTable, selectPairs, tableOf } from '../analysis/reward-table.ts'
import { at } from '../at.ts'
import { readJson, readLines } from '../json-files.ts'
import { evaluationSummarySchema, rewardRowSchema } from '../rewards/evaluation-schemas.ts'
import type { PairSummary } from '../statistics/types.ts'
import { type CellRecord, readCellRecord } from './cell-record.ts'
import type { Cell } from './cells.ts'
import { type DataEntry, folderName } from './experiment-types.ts'

/** What is known of a cell once it has run, or has not. */
export interface CellState {
  readonly cell: Cell
  readonly record: CellRecord | null
  /** Of its validation pairs, where it has finished and has some. */
  readonly validation: PairSummary | null
}

const remedy = 'restore it, or remove the run folder and the .json file beside it to run the cell again'

/** Reads how far a cell is, and its validation. */
export function readCellState(out: string, cell: Cell): CellState {
  const run = join(out, cell.folder)
  const record = readCellRecord(run)
  const summary = join(run, 'evaluation', 'summary.json')
  const isEvaluated = record?.state === 'finished' && existsSync(summary)
  return { cell, record, validation: isEvaluated ? readJson(summary, evaluationSummarySchema, remedy) : null }
}

/** A column of the tables: the test pairs of a data set, or one of its several test sets. */
export interface Column {
  readonly name: string
  readonly data: string
  /** Null where the data set has one test set. */
  readonly test: string | null
}

/** The columns in the order of the file. */
export function columnsOf(data: readonly DataEntry[]): Column[] {
  return data.flatMap((entry): Column[] => {
    const tests = Object.keys(entry.tests)
    if (tests.length < 2) return [{ name: entry.name, data: entry.name, test: null }]
    return tests.map((test) => ({ name: data.length === 1 ? test : `${entry.name}, ${test}`, data: entry.name, test }))
  })
}

/** The rewards of a finished cell's test pairs in one column. */
export function readTestTable(out: string, cell: Cell, { test }: Column): RewardTable {
  const path = join(out, cell.folder, 'test-evaluation', 'rewards.jsonl')
  const table = tableOf(readLines(path, rewardRowSchema, { remedy }))
  if (test === null) return table
  const name = folderName(test)
  const isOfTest = table.subsetNames.map((subset) => subset === name || subset.startsWith(`${name}/`))
  return selectPairs(
    table,
    Int32Array.from(table.subsetOf.keys()).filter((pair) => {
      const subset = at(table.subsetOf, pair)
      return subset !== -1 && at(isOfTest, subset)
    }),
  )
}
