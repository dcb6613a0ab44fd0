import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rewardkit } from '../fixtures/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-cli-rewards-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => {
  writeFileSync(join(folder, 'first.csv'), 'a,b,p\n1,0,x\n2,3,y\n4,1,z\n')
  writeFileSync(join(folder, 'second.csv'), 'a,b,p\n1,0,x\n4,3,y\n4,1,z\n')
})

/** The command where nothing has been set up: no libtorch, no addon. */
const evaluate = (...words: string[]) =>
  rewardkit(['evaluate', ...words], {
    cwd: folder,
    env: { ...process.env, REWARDKIT_HOME: join(folder, 'nothing'), REWARDKIT_LIBTORCH: '' },
  })

const columns = ['--columns', 'chosen_reward=a', 'rejected_reward=b', 'prompt_id=p']

describe('evaluate --rewards', () => {
  it('prints one summary as one object, writes nothing, and needs no libtorch', () => {
    const { status, stdout, stderr } = evaluate('--rewards', 'first.csv', ...columns, '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ schema_version: 2, pairs: 3, rewards: { path: 'first.csv' } })
    expect(readdirSync(folder).toSorted()).toEqual(['first.csv', 'second.csv'])
  })

  it('shows several files side by side, writes each into its folder, and judges each', () => {
    const words = ['--rewards', 'first.csv', 'second.csv', ...columns, '--out', 'found', '--fail-below', 'accuracy=0.4']
    const { status, stdout } = evaluate(...words)
    expect(stdout).toMatch(/\n +first +second\n/)
    expect(stdout).toMatch(/first: fail: accuracy 0\.6667 .*\nsecond: pass: accuracy 1\.0000/)
    expect(status).toBe(3)
    expect(readdirSync(join(folder, 'found')).toSorted()).toEqual(['first', 'second'])
    const json = evaluate('--rewards', 'found/first', 'found/second', '--format', 'json')
    expect(JSON.parse(json.stdout)).toMatchObject({ first: { pairs: 3 }, second: { pairs: 3 } })
  })

  it('gives files of the same name in the same folder different names', () => {
    const same = join(folder, 'same')
    mkdirSync(same)
    writeFileSync(join(same, 'm.csv'), 'chosen_reward,rejected_reward,prompt_id\n1,0,x\n2,3,y\n')
    writeFileSync(join(same, 'm.jsonl'), '{"chosen_reward":1,"rejected_reward":2,"prompt_id":"x"}\n')
    const { stdout } = evaluate('--rewards', 'same/m.csv', 'same/m.jsonl', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ 'same/m': { pairs: 2 }, 'same/m-2': { pairs: 1 } })
  })

  it.each<[string, string[], RegExp]>([
    [
      'a file that is named twice',
      ['--rewards', 'first.csv', './first.csv', ...columns],
      /^rewardkit: --rewards: \.\/first\.csv is given twice; name each file once\n$/,
    ],
    [
      'nothing to evaluate',
      [],
      /^rewardkit: missing --model; evaluate a model with --model, --data and --out, or computed rewards with --rewards\n$/,
    ],
    [
      'an option of models',
      ['--rewards', 'first.csv', '--max-length', '9'],
      /--max-length has no effect on rewards that are computed already; leave it out/,
    ],
    [
      'names of data columns',
      ['--rewards', 'first.csv', '--columns', 'a=a'],
      /--columns: found "a=a", expected NAME=COLUMN with a name of chosen_reward, /,
    ],
    [
      'no reward columns',
      ['--rewards', 'first.csv'],
      /first\.csv, line 2: found the columns a, b, p; expected "chosen_reward" and "rejected_reward"; name the columns of rewards: --columns chosen_reward=COLUMN/,
    ],
    ['no file', ['--rewards', 'none.csv'], /none\.csv/],
  ])('refuses %s in one line', (_, words, message) => {
    const { status, stderr } = evaluate(...words)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(status).toBe(2)
  })
})
