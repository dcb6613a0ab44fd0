import { matchGlob } from './globs.ts'

/** The files of a split, in the order in which they are read. */
export interface SplitFiles {
  readonly split: string
  readonly paths: readonly string[]
}

/** The splits that names of files and folders contain, as in the `datasets` library (`data_files.py`). */
const keywords: Readonly<Record<string, readonly string[]>> = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
}
const separator = '[-._ 0-9]'

const folderPatterns = (word: string): string[] => [
  `**/${word}/**`,
  `**/${word}${separator}*/**`,
  `**/*${separator}${word}/**`,
  `**/*${separator}${word}${separator}*/**`,
]
const filePatterns = (word: string): string[] => [`**/${word}${separator}*`, `**/*${separator}${word}${separator}*`]

/** `data/train-00000-of-00002.parquet`, with whatever further ending. */
const shardPattern = /^data\/([^/]+)-\d{5}-of-\d{5}[^/]*\.[^/]*$/

/**
 * Sorts data files of a folder into splits by their names where no card does. The first of these that finds any files:
 * shards (`data/train-00000-of-00002.parquet`), then folders named after splits, then files named after splits; otherwise
 * all files are the train split.
 * @param paths relative to the folder
 */
export function splitsByName(paths: readonly string[]): SplitFiles[] {
  const shards = splitsByShards(paths)
  if (shards.length > 0) return shards
  for (const patternsOf of [folderPatterns, filePatterns]) {
    const splits = Object.entries(keywords)
      .map(([split, words]) => ({ split, paths: matchAll(paths, words.flatMap(patternsOf)) }))
      .filter((found) => found.paths.length > 0)
    if (splits.length > 0) return splits
  }
  const all = matchGlob(paths, '**')
  return all.length > 0 ? [{ split: 'train', paths: all }] : []
}

function splitsByShards(paths: readonly string[]): SplitFiles[] {
  const found = new Map<string, string[]>()
  for (const path of [...paths].sort()) {
    const split = shardPattern.exec(path)?.[1]
    if (split !== undefined) found.set(split, [...(found.get(split) ?? []), path])
  }
  const standard = Object.keys(keywords).filter((split) => found.has(split))
  const others = [...found.keys()].filter((split) => !standard.includes(split)).sort()
  return [...standard, ...others].map((split) => ({ split, paths: found.get(split) ?? [] }))
}

/** What any of the patterns names, in the order of the patterns; nothing twice. */
export const matchAll = (paths: readonly string[], patterns: readonly string[]): string[] => [
  ...new Set(patterns.flatMap((pattern) => matchGlob(paths, pattern))),
]

/**
 * The folder of a file, as a name for its rows: without `data` and without parts that name a split. Empty if nothing is
 * left.
 */
export const subsetOf = (path: string): string =>
  path
    .split('/')
    .slice(0, -1)
    .filter((part) => part !== 'data' && !isSplitFolder(part))
    .join('/')

const isSplitFolder = (part: string): boolean =>
  Object.values(keywords)
    .flat()
    .some((word) => folderPatterns(word).some((pattern) => matchGlob([`${part}/x`], pattern).length > 0))
