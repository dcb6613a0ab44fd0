import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { globSync } from 'tinyglobby'
import { afterAll, describe, expect, it, test } from 'vitest'
import { at } from '../at.ts'
import { convertData, convertOptionsSchema } from '../data/index.ts'
import { silentHooks } from '../events.ts'
import { rewardkit } from '../fixtures/run-command.ts'
import { writeTinyModel } from '../fixtures/tiny-model.ts'
import { train } from '../index.ts'
import { commandOptions, flagOf } from '../option-schemas.ts'
import { otherNames } from '../other-names.ts'
import { inProgramWords } from '../phrase.ts'
import { checkModelFolder } from '../rewards/reward-check.ts'
import { commands } from './commands.ts'

// The same mistakes through the command line and through a program: each reads its own words, and users' text stays.

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-front-ends-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, rows: readonly object[]): string {
  const path = join(folder, name)
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return path
}

const typed = (...words: string[]) => rewardkit(words, { cwd: folder })

async function called(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => new Error('it went through'),
    (reason: unknown) => reason,
  )
  return error instanceof Error ? error.message : String(error)
}

const convert = (options: object) => convertData(convertOptionsSchema.parse(options), silentHooks)

describe('a mistake is reported in the words of the front end', () => {
  const out = join(folder, 'out.jsonl')

  it('by a rule between options', async () => {
    const given = { model: 'm', data: 'd', out: 'o', evalData: 'e', evalFraction: 0.1 }
    const words = ['--model', 'm', '--data', 'd', '--out', 'o', '--eval-data', 'e', '--eval-fraction', '0.1']
    expect(typed('train', ...words).stderr).toBe('rewardkit: give --eval-data or --eval-fraction, not both\n')
    expect(await called(train(given))).toBe('give evalData or evalFraction, not both')
  })

  it.each([
    ['lr', '--learning-rate', 'learningRate'],
    ['num_train_epochs', '--epochs', 'epochs'],
    ['bf16', '--dtype bfloat16', "dtype: 'bfloat16'"],
    ['adam_beta2', '--adam-betas (the second of its two numbers)', 'adamBetas (the second of its two numbers)'],
    [
      'per_device_train_batch_size',
      '--batch-size (the whole effective batch; see also --micro-batch-tokens)',
      'batchSize (the whole effective batch; see also microBatchTokens)',
    ],
  ])('for the option %s of another trainer', async (name, flag, key) => {
    const typedName = flagOf(name)
    expect(typed('train', typedName, '1').stderr).toBe(`rewardkit: ${typedName} is ${flag} here\n`)
    expect(typed('train', '--set', `${name}=1`).stderr).toBe(`rewardkit: --set ${name}: "${name}" is ${flag} here\n`)
    expect(await called(train({ model: 'm', data: 'd', out: 'o', [name]: 1 }))).toBe(`${name} is ${key} here`)
  })

  it('by an option of several kinds', async () => {
    const given = { model: 'm', data: 'd', out: 'o' }
    const words = ['--model', 'm', '--data', 'd', '--out', 'o']
    const mean = 'found "row", expected batch, running or a whole number above 0'
    expect(typed('train', ...words, '--mean-over', 'row').stderr).toBe(`rewardkit: --mean-over: ${mean}\n`)
    expect(await called(train({ ...given, meanOver: 'row' as 'batch' }))).toBe(`meanOver: ${mean}`)
    const config = join(folder, 'choices.yaml')
    writeFileSync(config, 'choices: 5\n')
    const choices = 'found 5, expected a text or an object, each value a text or a number'
    const { stderr } = typed('train', ...words, '--config', config)
    expect(stderr).toBe(`rewardkit: ${config}: choices: ${choices}\n`)
    expect(await called(train({ ...given, choices: 5 as unknown as string }))).toBe(`choices: ${choices}`)
  })

  it('for an option in the spelling of a file', async () => {
    const given = { model: 'm', data: 'd', out: 'o', batch_size: 1 }
    expect(await called(train(given))).toBe('batch_size: unknown option; did you mean batchSize?')
  })

  it('from the compute thread, with a path that looks like options', async () => {
    const model = join(folder, 'flag --dry-run 0', '--max-length 5')
    const data = file('pairs.jsonl', [{ prompt: 'q', chosen: 'a', rejected: 'b' }])
    const words = ['--model', model, '--data', data, '--out', 'run']
    expect(typed('train', ...words).stderr).toContain(`rewardkit: --model ${model}: no such folder; `)
    const message = await called(train({ model, data, out: join(folder, 'run') }))
    expect(message).toMatch(/^model /)
    expect(message).toContain(`model ${model}: no such folder; `)
  })

  it('when a model is checked', async () => {
    const model = join(folder, 'without-head')
    writeTinyModel(model)
    const config = join(model, 'config.json')
    writeFileSync(config, readFileSync(config, 'utf8').replace('ForCausalLM', 'ForSequenceClassification'))
    const found = `${model}: by its config.json (LlamaForSequenceClassification) it is a reward model, but its weights hold no head; copy its weights again, or give `
    expect(typed('doctor', '--model', model).stdout).toContain(`${found}--head new to train a new head\n`)
    const checks = await checkModelFolder(model)
    expect(inProgramWords(at(checks, 1).problem ?? '')).toBe(`${found}head: 'new' to train a new head`)
  })

  it('with a file and cells that look like options', async () => {
    const cell = 'flag --dry-run 0 --max-length 5'
    const data = file('a --to b.jsonl', [
      { prompt: 'q', chosen: 'a', rejected: 'b' },
      { prompt: 'q', chosen: 'a', rejected: 'b', margin: cell },
    ])
    const found = `${data}, line 2: field "margin": found text "${cell}", expected a finite number; `
    const { stderr } = typed('data', 'convert', data, '--to', 'pairs', '--out', out)
    expect(stderr).toBe(`rewardkit: ${found}--on-error skip leaves such rows out\n`)
    expect(await called(convert({ data, to: 'pairs', out }))).toBe(`${found}onError: 'skip' leaves such rows out`)
  })

  it('for a place whose name looks like a message', () => {
    const place = '/proc/x cannot be written: y/z'
    expect(typed('simulate', '--pairs', '1', '--out', place).stderr).toContain(
      `--out ${place}: /proc/x cannot be written: y cannot be written: `,
    )
    expect(typed('quickstart', '--out', place).stderr).toMatch(
      new RegExp(`^rewardkit: --out ${place} cannot be written: its folder does not exist[^:]*$`),
    )
  })

  it('with proposed options that can be pasted', async () => {
    const data = file('table.jsonl', [
      { 'The question': 'Why?', 'Answer A': 'x', 'Answer B': 'y', Choice: "it's A" },
      { 'The question': 'How?', 'Answer A': 'x', 'Answer B': 'y', Choice: 'B --or "not"' },
    ])
    const before = /these options read them: (.*?), with the meaning/
    const [, words = ''] = before.exec(typed('data', 'convert', data, '--out', out).stderr) ?? []
    const split = execFileSync('sh', ['-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1)
    const meant = split.map((word) => word.replace('=drop', '=a').replace('=drop', '=b'))
    expect(typed('data', 'convert', data, '--out', out, ...meant)).toMatchObject({ status: 0 })
    const fromWords = readFileSync(out, 'utf8')

    const [, code = ''] = before.exec(await called(convert({ data, out }))) ?? []
    // oxlint-disable-next-line typescript/no-implied-eval -- what a person would paste into a program
    const { columns, choices } = new Function(`return { ${code} }`)() as { columns: string[]; choices: string }
    expect(columns).toContain('a=Answer A')
    await convert({ data, out, columns, choices: choices.replace('=drop', '=a').replace('=drop', '=b') })
    expect(readFileSync(out, 'utf8')).toBe(fromWords)
    expect(fromWords.trim().split('\n')).toHaveLength(2)
  })
})

describe('messages below the front ends', () => {
  const src = fileURLToPath(new URL('..', import.meta.url))
  const files = globSync('**/*.ts', { cwd: src }).filter(
    // A report is a page that the command writes.
    (path) => !/^(cli|reports)\/|\/fixtures\/|\.(test|peers|browser)\.ts$/.test(path),
  )
  const code = files.map((path) => {
    const text = readFileSync(join(src, path), 'utf8')
    return { path, text: text.replaceAll(/\/\*.*?\*\/|^\s*\/\/.*?$/gms, '') }
  })
  const options = commands.flatMap(({ schema }) => commandOptions(schema))
  const keys = new Set(options.map(({ key }) => key))
  const flags = new Set(options.map(({ flag }) => flag))

  test('no text spells an option: only the help of a schema and commands do', () => {
    expect(code.length).toBeGreaterThan(200)
    const found = code.flatMap(({ path, text }) => {
      const others = text.replaceAll(/\.describe\(\s*(?:'[^']*'|"[^"]*"|`[^`]*`)|\bcommand\('[^']*'/g, '')
      return [...others.matchAll(/(?<!\w)--(?:[a-z][a-z-]*|\$)/g)].flatMap(([flag]) =>
        flags.has(flag) || flag === '--$' ? [`${path}: ${flag}`] : [],
      )
    })
    // `flagOf` in option-schemas.ts makes the flags.
    expect(found).toEqual(['option-schemas.ts: --$'])
  })

  test('options and commands that messages name are there', () => {
    const named = code.flatMap(({ text }) => [
      ...[...text.matchAll(/\boption\('(\w+)'\)/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/\bsettings\(\{([^}]*)\}/g)].flatMap(([, given = '']) =>
        [...given.matchAll(/(?:^|,)\s*(\w+)\s*(?=[:,]|$)/g)].map(([, name = '']) => name),
      ),
    ])
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter((name) => !keys.has(name))).toEqual([])
    expect(Object.values(otherNames).filter(({ key }) => !keys.has(key))).toEqual([])
    const verbs = code.flatMap(({ text }) => [...text.matchAll(/\bcommand\('([^'-]+?)[ ']/g)].map(([, verb]) => verb))
    expect(verbs).not.toEqual([])
    expect(verbs.filter((verb) => !commands.some(({ name }) => name.startsWith(verb ?? '')))).toEqual([])
  })
})
