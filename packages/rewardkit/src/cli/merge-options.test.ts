import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { InputError, wholePhrase } from '../errors.ts'
import { trainOptionsSchema } from '../train/train-options.ts'
import { commandOptions, flagOf } from '../option-schemas.ts'
import { mergeOptions } from './merge-options.ts'
import { inCommandWords } from './words.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-resolve-'))
afterAll(() => rmSync(folder, { recursive: true }))

function configFile(text: string): string {
  const path = join(folder, 'config.yaml')
  writeFileSync(path, text)
  return path
}

const needed = { model: 'm', data: 'd', out: 'o' }

describe('names', () => {
  test.each(['batchSize', 'batch_size', 'batch-size', '--batch-size', '--batch_size'])('%s', (name) => {
    expect(flagOf(name)).toBe('--batch-size')
  })

  test('options say what help needs', () => {
    const options = commandOptions(
      z.object({
        model: z.string().describe('folder').meta({ placeholder: 'FOLDER' }),
        count: z.number().int().default(3).describe('how many'),
        json: z.boolean().default(false),
      }),
    )
    expect(options.map(({ flag, placeholder, required }) => [flag, placeholder, required])).toEqual([
      ['--model', 'FOLDER', true],
      ['--count', 'N', false],
      ['--json', '', false],
    ])
  })
})

describe('precedence', () => {
  test('defaults of the paper', () => {
    expect(mergeOptions(trainOptionsSchema, { given: needed })).toMatchObject({
      batchSize: 128,
      epochs: 1,
      learningRate: 9e-6,
      schedule: 'constant',
      weightDecay: 0,
      adamBetas: [0.9, 0.999],
      adamEpsilon: 1e-8,
      maxGradNorm: 1,
      dtype: 'auto',
      seed: 0,
      train: 'all',
      head: 'linear',
      truncation: 'prompt-left',
    })
  })

  test('file over defaults, typed over file, --set over all', () => {
    const config = configFile('batch_size: 1\nseed: 2\nepochs: 3\nschema_version: 1\nmaxSteps: null\n')
    const options = mergeOptions(trainOptionsSchema, {
      config,
      given: { ...needed, seed: '20', epochs: '30' },
      set: ['epochs=300'],
    })
    expect(options).toMatchObject({ batchSize: 1, seed: 20, epochs: 300 })
    expect(options.maxSteps).toBeUndefined()
  })

  test('one option in two spellings is refused', () => {
    const config = configFile('batch_size: 1\nbatchSize: 2\n')
    expect(() => mergeOptions(trainOptionsSchema, { config, given: needed })).toThrow(
      `${config}: batch_size and batchSize are the same option; keep one of the two`,
    )
  })

  test('a later source does away with the rivals of what it gives', () => {
    const config = configFile('warmup_steps: 0\neval_fraction: 0.1\n')
    const given = { ...needed, warmupRatio: '0.1' }
    const options = mergeOptions(trainOptionsSchema, { config, given, set: ['eval_data=held-out.jsonl'] })
    expect(options).toMatchObject({ warmupRatio: 0.1, evalData: 'held-out.jsonl' })
    expect(options.warmupSteps).toBeUndefined()
    expect(options.evalFraction).toBeUndefined()
  })

  test('texts become what the schema asks for', () => {
    const given = { ...needed, adamBetas: '0.8, 0.95', missingMargin: '-1.5', dtype: 'bf16', learningRate: '2e-5' }
    expect(mergeOptions(trainOptionsSchema, { given, set: ['resume=true', 'mean-over=16'] })).toMatchObject({
      adamBetas: [0.8, 0.95],
      missingMargin: -1.5,
      dtype: 'bfloat16',
      learningRate: 2e-5,
      resume: true,
      meanOver: 16,
    })
  })
})

describe('refusals in one line', () => {
  const refusal = (given: Record<string, unknown>, set: string[] = [], config?: string): string => {
    try {
      mergeOptions(trainOptionsSchema, {
        given: { ...needed, ...given },
        set,
        ...(config !== undefined && { config }),
      })
    } catch (error) {
      return error instanceof InputError ? `${error.name}: ${inCommandWords(wholePhrase(error.phrases))}` : ''
    }
    return 'accepted'
  }

  test.each([
    [{ batchSize: 'many' }, '--batch-size: found "many", expected a whole number above 0'],
    [{ train: 'last:0' }, '--train: found "last:0", expected all, head or last:N, such as last:2'],
    [{ train: 'first' }, '--train: found "first", expected all, head or last:N, such as last:2'],
    [{ head: 'two' }, '--head: found "two", expected linear, mlp or new'],
    [{ batchSize: '2.5' }, '--batch-size: found 2.5, expected a whole number above 0'],
    [{ learningRate: '' }, '--learning-rate: found "", expected a number above 0'],
    [{ roles: ['bot'] }, '--roles: found "bot", expected ROLE=ROLE such as bot=assistant'],
    [{ adamBetas: '0.9,1' }, 'expected 2 values with a comma between them, each a number of at least 0 and below 1'],
    [{ adamBetas: '0.9' }, '--adam-betas: found [0.9], expected 2 values with a comma between them'],
    [{ objective: 'adaptive-margn' }, 'did you mean adaptive-margin?'],
    [{ evalData: 'e', evalFraction: '0.1' }, 'not both'],
    [{ warmupSteps: '0', warmupRatio: '0.1' }, 'not both'],
  ])('%j', (given, message) => {
    const text = refusal(given)
    expect(text).toMatch(/^InputError: [^\n]*$/)
    expect(text).toContain(message)
  })

  test('names in --set and in a file', () => {
    expect(refusal({}, ['learning_rat=1'])).toContain('did you mean --learning-rate?')
    expect(refusal({}, ['max_len=1'])).toContain('is --max-length here')
    expect(refusal({}, ['seed'])).toContain('expected key=value')
    const config = configFile('num_train_epochs: 2\n')
    expect(refusal({}, [], config)).toContain('config.yaml: num_train_epochs: "num_train_epochs" is --epochs here')
    expect(refusal({}, [], configFile('a: [1'))).toContain('invalid YAML')
    expect(refusal({}, [], configFile('just a text'))).toContain('expected lines such as')
    expect(refusal({}, [], join(folder, 'none.yaml'))).toContain('no such file')
  })

  test('a missing option says what it is', () => {
    expect(() => mergeOptions(trainOptionsSchema, { given: {} })).toThrow(/^missing --model MODEL: /)
  })
})
