import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * What Stryker tells of a mutant. Lines and columns count from 1.
 * @typedef {{ line: number, column: number }} Position
 * @typedef {{ fileName: string, location: { start: Position, end: Position }, replacement?: string, status: string }} Mutant
 */

const list = 'docs/mutations.md'
const leastKilled = 0.9

/**
 * Prints how many mutants of each file were killed. Returns one line per problem: a file with too few killed mutants, a
 * survivor that is not in the list, or an entry of the list that does not survive.
 * @param {readonly Mutant[]} mutants
 */
export function report(mutants) {
  const accepted = acceptedSurvivors()
  const fileNames = [...new Set(mutants.map(({ fileName }) => fileName))].sort()
  return fileNames.flatMap((fileName) => {
    const file = relative('.', fileName)
    const all = mutants.filter((mutant) => mutant.fileName === fileName && isAnswered(mutant))
    const survivors = all.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    const killed = all.length - survivors.length
    const share = all.length > 0 ? killed / all.length : 1
    console.log(`${file}: ${killed} of ${all.length} mutants killed (${(100 * share).toFixed(1)} %)`)
    const found = new Set(survivors.map((mutant) => mutatedLine(mutant)))
    const listed = accepted.get(file) ?? new Set()
    return [
      ...(share < leastKilled ? [`${file}: found ${killed} of ${all.length} killed, expected 90 %: add tests`] : []),
      ...[...found].filter((line) => !listed.has(line)).map((line) => `${file}: no test notices: ${line}`),
      ...[...listed].filter((line) => !found.has(line)).map((line) => `${file}: remove from ${list}: ${line}`),
    ]
  })
}

/** A mutant that does not run at all, such as an endless import, says nothing. */
const isAnswered = (/** @type {Mutant} */ { status }) =>
  ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status)

/**
 * The line with the mutation in it: the same wherever in the file the line is.
 * @param {Mutant} mutant
 */
function mutatedLine({ fileName, location: { start, end }, replacement }) {
  const lines = readFileSync(fileName, 'utf8').split('\n')
  const before = lines[start.line - 1]?.slice(0, start.column - 1) ?? ''
  const after = lines[end.line - 1]?.slice(end.column - 1) ?? ''
  return `${before}${replacement}${after}`.replace(/\s+/g, ' ').trim()
}

/** The mutated lines of the list by file. They are code spans, below a heading with the file and before the reason. */
function acceptedSurvivors() {
  /** @type {Map<string, Set<string>>} */
  const accepted = new Map()
  let file = ''
  for (const line of readFileSync(list, 'utf8').split('\n')) {
    file = /^## `(.+)`$/.exec(line)?.[1] ?? file
    const mutated = /^- (`+) ?(.+?) ?\1: \S/.exec(line)?.[2]
    if (mutated) accepted.set(file, (accepted.get(file) ?? new Set()).add(mutated))
  }
  return accepted
}
