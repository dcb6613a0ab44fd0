import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { globSync, isDynamicPattern } from 'tinyglobby'
import { at } from '../at.ts'
import { InputError } from '../errors.ts'
import { command, phrase } from '../phrase.ts'

/** An arm as it was named, with the files of rewards of its runs. */
export interface ArmSource {
  readonly name: string
  readonly files: readonly RewardsPlace[]
}

/** A file of rewards, and where it was found. */
export interface RewardsPlace {
  /** What was given or found: a run folder, a folder of an evaluation, or the file. */
  readonly path: string
  readonly file: string
  /** The folder with the config.yaml of its training, if there is one. */
  readonly run: string | null
}

/**
 * The arms that words mean. A word is a path, several with commas between them, a pattern such as `runs/bt-seed*`, or a
 * folder of runs; `NAME=` before it names the arm.
 * @throws InputError for fewer than two arms, for what holds no rewards, and for rewards that are given twice
 */
export function findArms(words: readonly (string | readonly string[])[]): ArmSource[] {
  const arms = words.map((word) => armOf(typeof word === 'string' ? word : [...word]))
  if (arms.length < 2)
    throw new InputError(`found ${arms.length === 0 ? 'no arm' : 'one arm'} to compare, expected two or more`, {
      remedy: phrase`name the baseline and then what to compare with it, as in ${command('compare runs/a runs/b')}`,
    })
  refuseTwice(arms)
  return withDistinctNames(arms)
}

interface Found extends ArmSource {
  /** Whether the user named the arm. */
  readonly isNamed: boolean
}

function armOf(word: string | readonly string[]): Found {
  if (typeof word !== 'string') return { name: nameOf(word), files: word.flatMap(placesOf), isNamed: false }
  const [, name, rest] = existsSync(word) ? [] : (/^([^=/]+)=(.+)$/s.exec(word) ?? [])
  const given = rest ?? word
  const parts = existsSync(given) ? [given] : given.split(',').filter((part) => part !== '')
  return { name: name ?? nameOf(parts), files: parts.flatMap(placesOf), isNamed: name !== undefined }
}

/** The rewards that one path or pattern means. */
function placesOf(path: string): RewardsPlace[] {
  if (existsSync(path)) return statSync(path).isDirectory() ? placesInFolder(path) : [placeOfFile(path)]
  if (!isDynamicPattern(path))
    throw new InputError(`${path}: no such file or folder`, {
      remedy: 'give a run folder, a folder of an evaluation, or a file of rewards',
    })
  const found = inOrder(globSync(path, { onlyFiles: false, expandDirectories: false }))
  if (found.length === 0) throw new InputError(`${path}: no file or folder matches`, { remedy: 'check the pattern' })
  return found.map((one) => one.replace(/\/$/, '')).flatMap(placesOf)
}

function placesInFolder(folder: string): RewardsPlace[] {
  const own = placeOfRun(folder)
  if (own) return [own]
  const inside = inOrder(
    readdirSync(folder, { withFileTypes: true })
      .filter(isFolder)
      .map(({ name }) => name),
  )
    .map((name) => placeOfRun(join(folder, name)))
    .filter((place) => place !== null)
  const isRun = existsSync(join(folder, 'config.yaml'))
  if (inside.length === 0)
    throw new InputError(`${folder}: holds no rewards.jsonl, nor does evaluation/ in it`, {
      remedy: isRun
        ? phrase`evaluate its model with ${command('evaluate')}`
        : 'give a run folder, a folder of an evaluation, or a folder of runs',
    })
  if (isRun && inside.length > 1)
    throw new InputError(`${folder}: holds ${inside.length} evaluations (${names(inside)})`, { remedy: 'name one' })
  return isRun ? inside.map((place) => ({ ...place, run: folder })) : inside
}

const isFolder = (entry: { isDirectory(): boolean }) => entry.isDirectory()
const names = (places: readonly RewardsPlace[]) => places.map(({ path }) => basename(path)).join(', ')

/** The evaluations that training writes into its run. Test pairs come first: no choice was made on them. */
export const evaluationFolders = ['test-evaluation', 'evaluation'] as const

/** The rewards of a run folder or of a folder of an evaluation. */
function placeOfRun(path: string): RewardsPlace | null {
  if (existsSync(join(path, 'rewards.jsonl'))) return { ...placeOfFile(join(path, 'rewards.jsonl')), path }
  const file = evaluationFolders.map((name) => join(path, name, 'rewards.jsonl')).find((one) => existsSync(one))
  return file === undefined ? null : { path, file, run: withConfig(path) }
}

/** A file is often that of an evaluation in a run folder. */
function placeOfFile(file: string): RewardsPlace {
  const folder = dirname(file)
  return { path: file, file, run: withConfig(folder) ?? withConfig(dirname(resolve(folder))) }
}

const withConfig = (folder: string): string | null => (existsSync(join(folder, 'config.yaml')) ? folder : null)

/** seed-2 before seed-10. */
const inOrder = (paths: readonly string[]): string[] =>
  [...paths].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

function refuseTwice(arms: readonly ArmSource[]): void {
  const seen = new Map<string, string>()
  for (const { name, files } of arms) {
    for (const { path, file } of files) {
      const known = seen.get(resolve(file))
      if (known !== undefined)
        throw new InputError(`${path} is given twice, in ${known === name ? name : `${known} and ${name}`}`, {
          remedy: 'a run can be in one arm alone',
        })
      seen.set(resolve(file), name)
    }
  }
}

/** `bt` for runs/bt, runs/bt/evaluation or bt.jsonl; the common beginning of several. */
function nameOf(paths: readonly string[]): string {
  const all = paths.map((path) => {
    const parts = resolve(path).split('/')
    if (parts.at(-1) === 'rewards.jsonl') parts.pop()
    if (parts.length > 2 && evaluationFolders.some((name) => name === parts.at(-1))) parts.pop()
    return at(parts, parts.length - 1).replace(/\.(jsonl|json|csv|tsv|parquet)(\.gz|\.zst)?$/, '')
  })
  const [first = ''] = all
  if (all.length === 1) return first.replace(/[-_.]?(seed)?[-_.]?[*?].*$/, '') || first
  let length = 0
  while (length < first.length && all.every((name) => name.startsWith(first.slice(0, length + 1)))) length++
  return first.slice(0, length).replace(/[-_.]?(seed)?[-_.]?$/, '') || all.join('+')
}

/** Arms of one name are told apart by the folder above, else by their place. */
function withDistinctNames(arms: readonly Found[]): ArmSource[] {
  const isTaken = (name: string) => arms.filter((arm) => arm.name === name).length > 1
  const longer = arms.map((arm) =>
    arm.isNamed || !isTaken(arm.name) ? arm.name : `${basename(dirname(resolve(at(arm.files, 0).path)))}/${arm.name}`,
  )
  return arms.map(({ files }, index) => {
    const name = at(longer, index)
    return { files, name: longer.indexOf(name) === longer.lastIndexOf(name) ? name : `${name} (${index + 1})` }
  })
}
