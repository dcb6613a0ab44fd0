import { join } from 'node:path'
import { existsSync } from 'node:fs'
import type { Claim } from '../analysis/claims.ts'
import { claimsAcrossModels, leastModels } from '../analysis/claims-across.ts'
import { at } from '../at.ts'
import { InputError } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { writeFileAtomic } from '../files.ts'
import { makeWritableFolder } from '../folders.ts'
import { option, phrase, settings } from '../phrase.ts'
import { clusteredShare, meanOf } from '../statistics/intervals.ts'
import { holm } from '../statistics/paired-tests.ts'
import { version } from '../version.ts'
import { meanOverSeeds } from '../statistics/crossed.ts'
import { type AlignedRun, createAlignment, type SharedPairs } from './aligned.ts'
import { type ArmSource, findArms } from './arms.ts'
import { type Arm, compareArms, decisiveP } from './compare-arms.ts'
import type { CompareOptions } from './compare-options.ts'
import type { ArmComparison, ArmRecord, Comparison, Verdict } from './comparison.ts'
import { judgeWorse } from './gate.ts'
import { readRun } from './read-run.ts'
import { runStatistics } from './run-statistics.ts'
import { formatMarkdownComparison } from './table.ts'
import { level, sentencesOf, type Wordless } from './words.ts'

/** What is to be compared, and how. An arm is named as the command does, or is a list of paths: its runs. */
export interface CompareArms extends Omit<CompareOptions, 'arms' | 'json'> {
  readonly arms: readonly (string | readonly string[])[]
}

/**
 * Compares arms on the same pairs, each with each, and writes `comparison.json` and `comparison.md` if there is a folder
 * to write into.
 * @throws InputError for arms that hold no rewards or other pairs
 */
export async function compareRuns(options: CompareArms, hooks: Hooks): Promise<Comparison> {
  prepareFolder(options)
  const sources = findArms(options.arms)
  const { shared, runs } = await alignedRuns(sources, options, hooks)
  const arms = armsOf(sources, runs, shared)
  const comparisons = comparedArms(arms, shared, options.equivalenceBound)
  const records = arms.map((arm, index) => recordOf(arm, at(runs, index), shared))
  const result: Comparison = {
    schema_version: 1,
    versions: { rewardkit: version, node: process.versions.node },
    pairs: shared.pairs,
    prompts: shared.prompts.count,
    left_out: shared.leftOut,
    arms: records,
    comparisons,
    claims: claimsOfArms(arms, records),
    notes: [...notesOf(runs.flat(), shared), ...arms.flatMap(withoutTemperature)],
    gate: options.failIfWorse === undefined ? null : judgeWorse(comparisons, at(arms, 0).name, options.failIfWorse),
  }
  if (options.out !== undefined) writeComparison(options.out, result)
  return result
}

function prepareFolder({ out, overwrite }: CompareArms): void {
  if (out === undefined) return
  if (existsSync(join(out, 'comparison.json')) && !overwrite)
    throw new InputError(phrase`${option('out')} ${out} already holds a comparison`, {
      remedy: phrase`name another folder, or give ${settings({ overwrite: true })}`,
    })
  makeWritableFolder(out)
}

/** The runs of each arm on the pairs that they share. Each is read after the other, so that one table at a time is kept. */
async function alignedRuns(
  sources: readonly ArmSource[],
  { intersect, columns }: Pick<CompareArms, 'intersect' | 'columns'>,
  hooks: Hooks,
): Promise<{ readonly shared: SharedPairs; readonly runs: readonly (readonly AlignedRun[])[] }> {
  const [first, ...others] = sources.flatMap(({ files }) => files)
  if (!first) throw new InputError('found no run to compare')
  const alignment = createAlignment(await readRun(first, columns, hooks), intersect)
  for (const place of others) alignment.add(await readRun(place, columns, hooks))
  const { shared, runs } = alignment.finish()
  let next = 0
  return { shared, runs: sources.map(({ files }) => runs.slice(next, (next += files.length))) }
}

const armsOf = (sources: readonly ArmSource[], runs: readonly (readonly AlignedRun[])[], shared: SharedPairs): Arm[] =>
  sources.map(({ name }, index) => ({
    name,
    runs: at(runs, index).map(({ rewards, start, objective }) => ({
      ...runStatistics(rewards, shared.prompts),
      start,
      objective,
    })),
  }))

/** Every two arms in order, the earlier one as `a`, with Holm's correction over all of them. */
function comparedArms(arms: readonly Arm[], shared: SharedPairs, bound: number): ArmComparison[] {
  const raw = arms.flatMap((a, index) => arms.slice(index + 1).map((b) => compareArms(a, b, shared, bound)))
  const corrected = holm(raw.map(decisiveP))
  return raw.map((comparison, index) => {
    const p_holm = at(corrected, index)
    const whole: Wordless = { ...comparison, p_holm, verdict: verdictOf(comparison.difference.value, p_holm) }
    return { ...whole, sentences: sentencesOf(whole, raw.length) }
  })
}

function verdictOf(difference: number, p: number): Verdict {
  if (!(p <= level)) return 'not_told_apart'
  return difference > 0 ? 'b_is_better' : 'b_is_worse'
}

function recordOf({ name, runs }: Arm, aligned: readonly AlignedRun[], { prompts }: SharedPairs): ArmRecord {
  const mean = (pick: (run: (typeof runs)[number]) => Float64Array) => meanOf(runs.map((run) => meanOf(pick(run))))
  return {
    name,
    runs: aligned.map(({ path, seed, modelSha256 }, index) => ({
      path,
      seed,
      model_sha256: modelSha256,
      accuracy: meanOf(at(runs, index).isRight),
    })),
    accuracy: clusteredShare(meanOverSeeds(runs.map(({ isRight }) => isRight)), prompts),
    mean_over_standard_deviation: mean(({ scaledMargins }) => scaledMargins),
    log_loss_after_temperature: mean(({ losses }) => losses),
  }
}

/** Means over the runs of each arm. Fewer arms could not show anything. */
function claimsOfArms(arms: readonly Arm[], records: readonly ArmRecord[]): readonly Claim[] {
  if (arms.length < leastModels) return []
  return claimsAcrossModels(
    arms.map(({ runs }, index) => {
      const mean = (name: 'mean' | 'mean_over_standard_deviation' | 'excess_kurtosis') => {
        const value = meanOf(runs.map(({ ofMargins }) => ofMargins[name]))
        return { value: Number.isFinite(value) ? value : null }
      }
      return {
        accuracy: at(records, index).accuracy.value,
        distribution: {
          mean: mean('mean'),
          mean_over_standard_deviation: mean('mean_over_standard_deviation'),
          excess_kurtosis: mean('excess_kurtosis'),
        },
      }
    }),
  )
}

/** What should be known of the runs before the numbers are believed. */
function notesOf(all: readonly AlignedRun[], { isByPlace }: SharedPairs): string[] {
  const hashes = new Set(all.flatMap(({ dataSha256 }) => dataSha256 ?? []))
  const notes: string[] = []
  if (hashes.size > 1)
    notes.push(
      'The runs were evaluated on different files. Their ids and prompts agree, but their texts are not known.',
    )
  if (isByPlace)
    notes.push('The files have neither ids nor prompts: pairs of the same line are taken as the same pair.')
  const [first, ...others] = all
  for (const other of others)
    if (first?.rewards.margins.every((margin, pair) => margin === other.rewards.margins[pair]))
      notes.push(`${first.path} and ${other.path} have equal rewards on every pair: they may be one model.`)
  return notes
}

/** Why an arm has no log loss after temperature, if it has none. */
const withoutTemperature = ({ name, runs }: Arm): string[] =>
  runs
    .flatMap(({ withoutTemperature: reason }) => reason ?? [])
    .slice(0, 1)
    .map((reason) => `${name} has no log loss after temperature: ${reason}.`)

/** Undefined values (NaN) are null in the file. */
function writeComparison(folder: string, comparison: Comparison): void {
  writeFileAtomic(join(folder, 'comparison.md'), formatMarkdownComparison(comparison))
  writeFileAtomic(join(folder, 'comparison.json'), `${JSON.stringify(comparison, null, 2)}\n`)
}
