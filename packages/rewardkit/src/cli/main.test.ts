import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { commandFile, rewardkit as runCommand } from '../fixtures/run-command.ts'

// The command, as a user runs it.
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rewardkit = (...words: string[]) => runCommand(words, { cwd: folder })

describe('usage mistakes: one line, exit code 2', () => {
  test.each([
    [['trai'], 'did you mean train?'],
    [['trian'], 'did you mean train?'],
    [['fly'], 'expected one of quickstart, simulate, train'],
    [['train', '--modle', 'x'], 'did you mean --model?'],
    [['train', '--hlep'], 'did you mean --help?'],
    [['train', '--model_name_or_path', 'x'], '--model-name-or-path is --model here'],
    [['train', '--dataset_name=x'], '--dataset-name is --data here'],
    [['train', '--output_dir', 'x'], 'is --out here'],
    [['train', '--num_train_epochs', '1'], 'is --epochs here'],
    [['train', '--per_device_train_batch_size', '1'], 'is --batch-size'],
    [['train', '--max_len', '1'], 'is --max-length here'],
    [['train', '--pretrain', 'x'], 'is --model here'],
    [['train'], 'missing --model'],
    [['train', '--model'], "option '--model <MODEL>' argument missing"],
    [
      ['train', '--model', 'm', '--data', 'd', '--out', 'o', '--objective', 'bradley-tery'],
      'did you mean bradley-terry?',
    ],
    [['simulate', '--pairs', '0', '--out', 'x'], '--pairs: found 0, expected a whole number above 0'],
    [['simulate', '--out', 'x', '--config', 'none.yaml'], 'no such file'],
    [['simulate', '--pairs', '1', '--out', '/dev/null/pairs.jsonl'], 'cannot be written'],
    [['report'], 'missing RUN...'],
    [['report', 'nowhere'], 'nowhere'],
    [['doctor', 'extra'], 'too many arguments'],
  ])('%j', (words, message) => {
    const { status, stderr, stdout } = rewardkit(...words)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^rewardkit: [^\n]+\n$/)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })
})

test('underscores are dashes, and --set wins', () => {
  const words = ['--pairs', '3', '--grade_noise=0', '--set', 'pairs=5', '--out', 'pairs.jsonl']
  expect(rewardkit('simulate', ...words).status).toBe(0)
  expect(readFileSync(join(folder, 'pairs.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(5)
})

test('help and version go to standard output', () => {
  expect(rewardkit('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  const { status, stdout } = rewardkit('train', '--help')
  expect(status).toBe(0)
  expect(stdout).toContain('--learning-rate <X>')
  expect(rewardkit('train', '--help-all').stdout).toContain('--adam-betas <A,B>')
  expect(rewardkit().stdout).toContain('simulate')
  expect(rewardkit('data', '--help-all').stdout).toContain('data convert')
})

test('a mistake found in the compute thread is a usage mistake, too', () => {
  const { status, stderr } = rewardkit('train', '--model', 'nowhere', '--data', 'none.jsonl', '--out', 'run')
  expect(stderr).toContain('nowhere')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(status).toBe(2)
})

test('score says before it computes that it cannot write', () => {
  for (const [out, message] of [
    ['.', 'it is a folder'],
    ['/sys/scored.jsonl', 'cannot be written'],
  ] as const) {
    const { status, stderr } = rewardkit('score', '--model', 'nowhere', '--data', 'none.jsonl', '--out', out)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/^rewardkit: [^\n]+\n$/)
    expect(status).toBe(2)
  }
})

test('doctor does not call a folder without weights ok', () => {
  const model = mkdtempSync(join(folder, 'model-'))
  const fixtures = fileURLToPath(new URL('../', import.meta.url))
  copyFileSync(join(fixtures, 'models/fixtures/llama/config.json'), join(model, 'config.json'))
  copyFileSync(join(fixtures, 'tokens/fixtures/words/tokenizer.json'), join(model, 'tokenizer.json'))
  const { status, stdout } = rewardkit('doctor', '--model', model)
  expect(stdout).toMatch(/ok +model +llama, .*\nproblem +weights .*\n +.* has no model\.safetensors/)
  expect(status).toBe(1)
})

test('a model that is not a folder, and a run without a model, are named', () => {
  const run = mkdtempSync(join(folder, 'run-'))
  copyFileSync(commandFile, join(run, 'metrics.jsonl'))
  for (const [model, message] of [
    ['nowhere', 'nowhere: no such folder'],
    [commandFile, 'it is a file'],
    [run, 'this run has not finished; finish it first: run it again with --resume'],
  ] as const) {
    const { status, stderr } = rewardkit(
      'evaluate',
      '--model',
      model,
      '--data',
      'none.jsonl',
      '--out',
      join(folder, 'e'),
    )
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  }
})

test('score does not write over what it reads', () => {
  const data = join(folder, 'lines.jsonl')
  copyFileSync(commandFile, data)
  const { status, stderr } = rewardkit('score', '--model', 'nowhere', '--data', data, '--out', data)
  expect(stderr).toContain('is the file of --data')
  expect(status).toBe(2)
})

test('score of a missing file', () => {
  const { status, stderr } = rewardkit('score', '--model', 'nowhere', '--data', 'none.jsonl')
  expect(stderr).toMatch(/^rewardkit: [^\n]+\n$/)
  expect(status).toBe(2)
})

test('says what to do where nothing is compiled yet', () => {
  const clone = join(folder, 'clone', 'bin')
  mkdirSync(clone, { recursive: true })
  copyFileSync(commandFile, join(clone, 'rewardkit.mjs'))
  const { status, stderr } = spawnSync(process.execPath, [join(clone, 'rewardkit.mjs')], { encoding: 'utf8' })
  expect(stderr).toBe('rewardkit: not built yet: run npm run setup\n')
  expect(status).toBe(1)
})
