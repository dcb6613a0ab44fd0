import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rewardkit } from '../fixtures/run-command.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { train } from '../index.ts'

const folder = mkdtempSync(join(tmpdir(), 'calibrate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pairs = tinyPairs(160)
writeRows(join(folder, 'pairs.jsonl'), pairs.slice(0, 120))
// So small a model ranks only what it knows: some of its pairs are in the other file, too.
writeRows(join(folder, 'validation.jsonl'), pairs.toReversed())
writeRows(
  join(folder, 'responses.jsonl'),
  pairs.slice(0, 3).map(({ prompt, chosen }) => ({ prompt, response: chosen })),
)
writeTinyModel(join(folder, 'model'))
await train({
  model: join(folder, 'model'),
  data: join(folder, 'pairs.jsonl'),
  out: join(folder, 'run'),
  batchSize: 16,
  learningRate: 1e-2,
  epochs: 6,
  threads: 1,
  dtype: 'float32',
})

const typed = (...words: string[]) => rewardkit([...words, '--threads', '1', '--dtype', 'float32'], { cwd: folder })
const calibrate = (data: string, ...more: string[]) => typed('calibrate', '--model', 'run', '--data', data, ...more)
const percentiles = (...more: string[]) =>
  typed('score', '--model', 'run', '--data', 'responses.jsonl', '--out', 'scored.jsonl', '--percentile', ...more)

describe('rewardkit calibrate', () => {
  it('is missed by score --percentile with the remedy, and nothing is written', () => {
    const { status, stderr } = percentiles()
    expect(status).toBe(2)
    expect(stderr).toContain(
      '--percentile: run/model has no calibration.json; fit it with rewardkit calibrate on pairs that the model was not trained on',
    )
    expect(readdirSync(folder)).not.toContain('scored.jsonl')
  })

  it('refuses what the model was trained on', () => {
    const { status, stderr } = calibrate('pairs.jsonl')
    expect(status).toBe(2)
    expect(stderr).toContain('pairs.jsonl: the model was trained on it (run/data.json)')
  })

  it('prints what it fitted and writes it into the model, which evaluate and score then use', () => {
    const { status, stdout, stderr } = calibrate('validation.jsonl')
    expect(stderr).not.toContain('rewardkit:')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^temperature \d+\.\d+ \(\d+\.\d+ to \d+\.\d+\), fitted on 160 pairs of \d+ prompts\n/)
    expect(stdout).toMatch(/\npercentiles of 320 rewards in steps of 0\.1 %\nrun\/model\/calibration\.json\n$/)
    // The lock is gone, and nothing unfinished is left.
    expect(readdirSync(join(folder, 'run', 'model')).filter((name) => /lock|tmp|spool/.test(name))).toEqual([])

    expect(percentiles().status).toBe(0)
    const rows = readFileSync(join(folder, 'scored.jsonl'), 'utf8').trim().split('\n')
    for (const row of rows)
      expect(JSON.parse(row)).toEqual(
        expect.objectContaining({ reward: expect.any(Number) as number, percentile: expect.any(Number) as number }),
      )
    expect(percentiles('--max-length', '40').stderr).toContain('--max-length 40 (calibrated: 2048)')
    expect(calibrate('validation.jsonl').stderr).toContain(
      'already has a calibration.json; give --overwrite to replace it',
    )
  })

  it('is used by evaluate for other prompts alone, and does not change the hash of the model', () => {
    const evaluate = (data: string, out: string) => {
      const { stdout, stderr } = typed('evaluate', '--model', 'run', '--data', data, '--out', out, '--format', 'json')
      return { summary: JSON.parse(stdout) as { model: { sha256: string } }, stderr }
    }
    const others = pairs.map((pair) => ({ ...pair, prompt: `${pair.prompt} Be brief.` }))
    writeFileSync(join(folder, 'others.jsonl'), others.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const seen = evaluate('validation.jsonl', 'seen')
    const unseen = evaluate('others.jsonl', 'unseen')
    expect(seen.stderr).toContain(
      'was fitted on prompts that are evaluated here; temperatures are cross-fitted instead',
    )
    expect(seen.summary).toMatchObject({ calibration: { after_temperature: { source: 'cross_fitting' } } })
    expect(unseen.summary).toMatchObject({ calibration: { after_temperature: { source: 'calibration_file' } } })
    const path = join(folder, 'run', 'model', 'calibration.json')
    const { model } = JSON.parse(readFileSync(path, 'utf8')) as { model: { sha256: string } }
    expect(unseen.summary.model.sha256).toBe(model.sha256)
  })

  it('is checked by doctor', () => {
    const doctor = () => rewardkit(['doctor', '--model', 'run'], { cwd: folder })
    expect(doctor().stdout).toMatch(/calibration +temperature \d\.\d+, fitted on 160 pairs of \d+ prompts/)
    const path = join(folder, 'run', 'model', 'calibration.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"sha256": "\w/, '"sha256": "x'))
    const { status, stdout } = doctor()
    expect(status).toBe(1)
    expect(stdout).toContain('belongs to other weights, or to another tokenizer, than those beside it')
  })
})
