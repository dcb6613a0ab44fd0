import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { silentHooks } from '../../events.ts'
import { openData } from '../open-data.ts'
import { defaultDataOptions } from '../data-options.ts'
import { readPreferences } from '../survey.ts'
import { evaluationSplits, openSource, trainingSplits } from './open-source.ts'
import type { SplitOrder } from './source.ts'

const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'rewardkit-source-'))
afterAll(() => rmSync(root, { recursive: true }))

/** A folder with files of one row each, but for Parquet ones, which are fixtures. */
function folderOf(files: Readonly<Record<string, string | null>>): string {
  const folder = mkdtempSync(join(root, 'set-'))
  for (const [name, fixture] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(
      join(folder, name),
      fixture === null ? '{"chosen": "a", "rejected": "b"}\n' : readFileSync(join(fixtures, fixture)),
    )
  }
  return folder
}

async function opened(folder: string, splits: SplitOrder, name = folder) {
  const said: string[] = []
  const hooks = { onEvent: (event: object) => said.push(JSON.stringify(event)), shouldStop: () => false }
  const { files } = await openSource(name, splits, hooks)
  return { files: files.map(({ path, subset }) => [relative(folder, path), subset]), said: said.join('\n') }
}

const names = (...files: string[]) => folderOf(Object.fromEntries(files.map((file) => [file, null])))

it('sorts the files of a folder and says what it does not read', async () => {
  const folder = names('b.jsonl', 'a.jsonl.gz', 'README.md', 'dataset_info.json', '.hidden.jsonl', '.git/x.jsonl')
  const { files, said } = await opened(folder, trainingSplits)
  expect(files).toEqual([
    ['a.jsonl.gz', undefined],
    ['b.jsonl', undefined],
  ])
  expect(said).toMatch(/3 other files are not read \(.*README\.md/)
})

it('takes the split that is wanted, and the sub-folders as subsets', async () => {
  const folder = names(
    'harmless-base/train.jsonl',
    'harmless-base/test.jsonl',
    'helpful-base/train.jsonl',
    'helpful-base/test.jsonl',
  )
  const training = await opened(folder, trainingSplits)
  expect(training.files).toEqual([
    ['harmless-base/train.jsonl', 'harmless-base'],
    ['helpful-base/train.jsonl', 'helpful-base'],
  ])
  expect(training.said).toMatch(/the split train is read.*2 files are not/)
  expect((await opened(folder, evaluationSplits)).files.map(([path]) => path)).toEqual([
    'harmless-base/test.jsonl',
    'helpful-base/test.jsonl',
  ])
})

it('knows the words for splits that Hugging Face datasets knows', async () => {
  const folder = names('data/training-00000-of-00001.jsonl', 'data/dev.jsonl', 'data/eval_0.jsonl', 'latest.jsonl')
  const first = async (splits: SplitOrder) => (await opened(folder, splits)).files
  expect(await first(['train'])).toEqual([['data/training-00000-of-00001.jsonl', undefined]])
  expect(await first(['validation'])).toEqual([['data/dev.jsonl', undefined]])
  expect(await first(['test'])).toEqual([['data/eval_0.jsonl', undefined]])
  const only = names('valid/a.jsonl', 'valid/b.jsonl')
  expect((await opened(only, trainingSplits)).files).toHaveLength(2)
})

it('warns of gaps in numbered files, by name', async () => {
  const folder = names('data/train-00000-of-00003.jsonl', 'data/train-00002-of-00003.jsonl')
  const { files, said } = await opened(folder, trainingSplits)
  expect(files).toHaveLength(2)
  expect(said).toContain('by the numbers in the names, 1 file is missing: data/train-00001-of-00003.jsonl')
  const whole = names('train-00001-of-00002.jsonl', 'train-00002-of-00002.jsonl')
  expect((await opened(whole, trainingSplits)).said).not.toContain('missing')
})

it('reads the files that match a pattern, links to files included', async () => {
  const folder = names('x/a.jsonl', 'x/b.jsonl', 'x/notes.txt', 'y/a.jsonl')
  symlinkSync(join(folder, 'y/a.jsonl'), join(folder, 'x/c.jsonl'))
  const { files } = await opened(folder, trainingSplits, join(folder, 'x/*'))
  expect(files.map(([path]) => path)).toEqual(['x/a.jsonl', 'x/b.jsonl', 'x/c.jsonl'])
})

it('reads next to the records of our own steps, which are not rows', async () => {
  const folder = names('a.csv', 'a.csv.provenance.json', 'b.jsonl.provenance.json', 'provenance.json')
  expect((await opened(folder, trainingSplits)).files).toEqual([['a.csv', undefined]])
  expect((await opened(folder, trainingSplits, join(folder, '*'))).files).toEqual([['a.csv', undefined]])
})

it('calls files in ids by their path from what was named, wherever that lies', async () => {
  const folder = names('x/train-0.jsonl', 'x/y/train-1.jsonl')
  const idsOf = async (name: string) => {
    const data = await openData(name, defaultDataOptions, trainingSplits, silentHooks)
    return (await readPreferences(data)).groups.map(({ id }) => id)
  }
  const found = ['x/train-0.jsonl:line-1', 'x/y/train-1.jsonl:line-1']
  expect(await idsOf(folder)).toEqual(found)
  expect(await idsOf(join(folder, '**/*.jsonl'))).toEqual(found)
  expect(await idsOf(`${folder}/x/`)).toEqual(['train-0.jsonl:line-1', 'y/train-1.jsonl:line-1'])
})

it.each([
  ['no file of rows', () => names('README.md'), /no file of rows among README\.md; expected \.jsonl/],
  ['an empty folder', () => names(), /an empty folder/],
  ['Arrow of save_to_disk', () => names('data-00000-of-00001.arrow', 'state.json'), /Arrow files.*to_parquet/],
  ['several kinds', () => names('a.jsonl', 'a.csv'), /files of several kinds \(1 \.csv, 1 \.jsonl\).*pattern/],
  ['other splits only', () => names('test.jsonl', 'dev.jsonl'), /belong to the splits (\w+) and (\w+), expected train/],
  [
    'shards with other columns',
    () => folderOf({ 'a.parquet': 'pairs.snappy.parquet', 'b.parquet': 'other-columns.parquet' }),
    /b\.parquet: it has no column "votes", unlike .*a\.parquet; expected shards with the same columns/,
  ],
])('refuses in one line: %s', async (_, make, message) => {
  const error: unknown = await opened(make(), trainingSplits).catch((reason: unknown) => reason)
  expect(String(error)).toMatch(message)
  expect(String(error)).not.toContain('\n')
})

it('refuses a name that is nothing, and a pattern that matches nothing', async () => {
  await expect(opened(root, [], 'nowhere/rows.jsonl')).rejects.toThrow(/no such file/)
  await expect(opened(root, [], join(root, '*.jsonl'))).rejects.toThrow(/no file of rows matches/)
})

/** The built package, in a process of its own: opens `-`, reads it twice, and tells what it found. */
const program = join(root, 'program.mjs')
const built = new URL('../../../dist/data/index.js', import.meta.url).href
writeFileSync(
  program,
  `import { openData, readRows, defaultDataOptions } from ${JSON.stringify(built)}
  try {
    const data = await openData('-', defaultDataOptions, [], { onEvent() {}, shouldStop: () => process.argv[2] === 'stop' })
    let rows = 0
    for (let time = 0; time < 2; time++)
      for await (const item of readRows(data.parts[0].source.files[0])) if ('row' in item) rows += 1
    console.log(rows + ' rows')
  } catch (error) {
    console.log(error.message)
  }`,
)
const inThread = join(root, 'in-thread.mjs')
writeFileSync(inThread, `import { Worker } from 'node:worker_threads'\nnew Worker(${JSON.stringify(program)})`)

it.each([
  ['a process', program],
  ['a thread', inThread],
])('reads standard input twice in %s, and leaves nothing behind', (_, script) => {
  const temporary = mkdtempSync(join(root, 'temporary-'))
  const run = (input: { input: string | Buffer } | { stdio: [number, 'pipe', 'inherit'] }) =>
    execFileSync(process.execPath, [script], { ...input, env: { ...process.env, TMPDIR: temporary } })
      .toString()
      .trim()
  const row = '{"chosen": "a", "rejected": "b"}\n'
  expect(run({ input: row.repeat(20_000) })).toBe('40000 rows')
  expect(run({ input: readFileSync(join(fixtures, 'pairs.zstd.parquet')) })).toBe('10 rows')
  expect(run({ input: '' })).toMatch(/^-: standard input is empty/)
  const file = openSync(join(fixtures, 'pairs.jsonl.zst'), 'r')
  expect(run({ stdio: [file, 'pipe', 'inherit'] })).toBe('10 rows')
  closeSync(file)
  expect(readdirSync(temporary)).toEqual([])
})

it('stops on request while standard input is silent, and leaves nothing behind', async () => {
  const temporary = mkdtempSync(join(root, 'temporary-'))
  const child = spawn(process.execPath, [program, 'stop'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  })
  const said: unknown[] = []
  child.stdout.on('data', (text) => said.push(String(text)))
  await once(child, 'close')
  expect(said.join('')).toBe('stopped on request\n')
  expect(readdirSync(temporary)).toEqual([])
})

it('takes a name that looks like a message for a name', async () => {
  const device = join(root, 'no such file*')
  symlinkSync('/dev/null', device)
  await expect(opened(root, [], device)).rejects.toThrow(/a pipe or device/)
})
