import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { jsonLines, writeLinesAtomic } from '../files.ts'
import { compare, type CompareSettings } from '../library/compare.ts'
import { createRandom } from '../random.ts'
import { mcnemarExact } from '../statistics/paired-tests.ts'
import type { RewardRow } from '../statistics/types.ts'
import type { ArmComparison } from './comparison.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-compare-'))
afterAll(() => rmSync(folder, { recursive: true }))

const row = (index: number, margin: number, changes: Partial<RewardRow> = {}): RewardRow => ({
  schema_version: 1,
  id: `pair-${index}`,
  prompt_id: `prompt-${index}`,
  subset: null,
  chosen_reward: margin,
  rejected_reward: 0,
  reward_margin: margin,
  chosen_tokens: 20 + index,
  rejected_tokens: 10 + index,
  truncated: false,
  ...changes,
})

/** Writes a file of rewards; returns its path. */
function rewards(name: string, rows: readonly object[]): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeLinesAtomic(path, jsonLines(rows))
  return path
}

/** A run folder with a seed. */
function run(name: string, margins: readonly number[], seed: number, objective = 'bradley-terry'): string {
  rewards(`${name}/evaluation/rewards.jsonl`, rowsOf(margins))
  writeFileSync(
    join(folder, name, 'config.yaml'),
    `seed: ${seed}\nmodel: base\ndata: train.jsonl\nobjective: ${objective}\n`,
  )
  return join(folder, name)
}

const rowsOf = (margins: readonly number[]) => margins.map((margin, index) => row(index, margin))

/** 1 where right and -1 where wrong, by what `a` and `b` do on counts of pairs. */
const outcomes = (counts: readonly (readonly [a: 1 | -1, b: 1 | -1, count: number])[]) => ({
  a: counts.flatMap(([a, , count]) => Array<number>(count).fill(a)),
  b: counts.flatMap(([, b, count]) => Array<number>(count).fill(b)),
})

async function comparedOnce(settings: CompareSettings): Promise<ArmComparison> {
  return at((await compare(settings)).comparisons, 0)
}

describe('two models', () => {
  const { a, b } = outcomes([
    [1, 1, 60],
    [1, -1, 5],
    [-1, 1, 17],
    [-1, -1, 18],
  ])

  it('have the difference, the test and the agreement of their table of four cells', async () => {
    const found = await comparedOnce({ arms: [rewards('a.jsonl', rowsOf(a)), rewards('b.jsonl', rowsOf(b))] })
    expect(found).toMatchObject({ a: 'a', b: 'b', pairs: 100, prompts: 100, seeds: 1, verdict: 'b_is_better' })
    expect(found.difference.value).toBeCloseTo(0.12, 12)
    expect(found.test).toEqual({ name: 'mcnemar_exact', ...mcnemarExact(5, 17) })
    expect(found.agreement).toMatchObject({ both_right: 0.6, only_a: 0.05, only_b: 0.17, both_wrong: 0.18 })
    expect(found.training_test).toBeNull()
    expect(found.sentences.join(' ')).toContain('nothing is known of the noise of training')
  })

  it('are the same with the rows in another order, and opposite the other way', async () => {
    const [first, second] = [rewards('a.jsonl', rowsOf(a)), rewards('b.jsonl', rowsOf(b))]
    const shuffled = rewards('shuffled.jsonl', rowsOf(b).toReversed())
    const found = await comparedOnce({ arms: [first, second] })
    expect({ ...(await comparedOnce({ arms: [first, shuffled] })), b: 'b', sentences: [] }).toEqual({
      ...found,
      sentences: [],
    })
    const opposite = await comparedOnce({ arms: [second, first] })
    expect(opposite.difference.low).toBeCloseTo(-found.difference.high, 12)
    expect(opposite).toMatchObject({ verdict: 'b_is_worse', test: found.test })
    // Bonett and Price: (18 - 6) / 102 within 1.984 times the root of (24 / 102 - (12 / 102)^2) / 102.
    expect(opposite.sentences[0]).toMatch(/^a is worse than b: 65\.0 against 77\.0 %, 12 points \(2\.5 to 21\.0\) less/)
  })

  it('use sign flips of prompts where a prompt has several pairs', async () => {
    const grouped = (margins: readonly number[]) =>
      margins.map((margin, index) => row(index, margin, { prompt_id: `prompt-${index % 20}` }))
    const found = await comparedOnce({
      arms: [rewards('grouped-a.jsonl', grouped(a)), rewards('grouped-b.jsonl', grouped(b))],
    })
    expect(found).toMatchObject({ pairs: 100, prompts: 20, test: { name: 'sign_flip' } })
  })

  it('that never differ get an interval, a note and no difference', async () => {
    const arms = [rewards('a.jsonl', rowsOf(a)), rewards('copy.jsonl', rowsOf(a))]
    const { comparisons, notes } = await compare({ arms })
    expect(comparisons[0]).toMatchObject({ verdict: 'not_told_apart', test: { p: 1 } })
    expect(comparisons[0]?.difference.high).toBeGreaterThan(0.02)
    expect(notes).toEqual([expect.stringMatching(/equal rewards on every pair: they may be one model/)])
  })

  it('on one prompt have no interval, said in words, and null in the file', async () => {
    const single = (margins: readonly number[]) =>
      margins.map((margin, index) => row(index, margin, { prompt_id: 'p' }))
    const out = join(folder, 'one-prompt')
    const found = await comparedOnce({
      arms: [rewards('one-a.jsonl', single([1, -1, 1])), rewards('one-b.jsonl', single([1, 1, 1]))],
      out,
      failIfWorse: 0.01,
    })
    expect(found.difference).toEqual({ value: expect.closeTo(1 / 3, 12), low: NaN, high: NaN })
    expect(found.sentences).toContain(
      'All pairs are of one prompt, so there is no interval: nothing is known of other prompts.',
    )
    const text = readFileSync(join(out, 'comparison.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ comparisons: [{ difference: { low: null } }], gate: { passed: false } })
    for (const sentence of found.sentences) expect(sentence).not.toContain('NaN')
    expect(readFileSync(join(out, 'comparison.md'), 'utf8')).not.toContain('NaN')
  })
})

describe('several arms', () => {
  const random = createRandom(3, 'arms')
  const truth = Array.from({ length: 400 }, () => 0.6 + random.normal())
  const noisy = (shift: number) => truth.map((margin) => margin + shift + 0.8 * random.normal())

  it('are compared each with each, and Holm counts all', async () => {
    const arms = ['x', 'y', 'z'].map((name, index) => rewards(`${name}.jsonl`, rowsOf(noisy(0.3 * index))))
    const { comparisons } = await compare({ arms })
    expect(comparisons.map(({ a, b }) => a + b)).toEqual(['xy', 'xz', 'yz'])
    for (const { test, p_holm } of comparisons) expect(p_holm).toBeGreaterThanOrEqual(test.p)
    const [least] = [...comparisons].sort((one, other) => one.test.p - other.test.p)
    expect(least?.p_holm).toBeCloseTo(Math.min(1, 3 * (least?.test.p ?? 0)), 12)
  })

  it('of several seeds are paired by seed where they began alike', async () => {
    const seeds = [0, 1, 2]
    for (const seed of seeds) run(`bt-seed${seed}`, noisy(0), seed)
    // In another order of names, and apart: the pairing is by what config.yaml says.
    for (const seed of seeds) run(`am-${9 - seed}`, noisy(0.2), seed)
    const found = await comparedOnce({ arms: [join(folder, 'bt-seed*'), join(folder, 'am-*')] })
    expect(found).toMatchObject({ a: 'bt', b: 'am', seeds: 3, runs: { a: 3, b: 3 }, seeds_paired: true })
    expect(found.training_test).toMatchObject({ name: 'crossed_t', degrees: 2 })
    expect(found.difference.high - found.difference.low).toBeGreaterThan(
      found.difference_of_these_models.high - found.difference_of_these_models.low,
    )
    const listed = await comparedOnce({
      arms: [
        seeds.map((seed) => join(folder, `bt-seed${seed}`)),
        `x=${[9, 8].map((name) => join(folder, `am-${name}`)).join(',')}`,
      ],
    })
    expect(listed).toMatchObject({ b: 'x', seeds: 2, runs: { a: 3, b: 2 }, seeds_paired: false })
    expect(listed.sentences.join(' ')).toContain('not paired by seed')
  })

  it('of one seed against several know nothing of training noise', async () => {
    const found = await comparedOnce({ arms: [join(folder, 'bt-seed0'), join(folder, 'am-*')] })
    expect(found.training_test).toBeNull()
    expect(found.difference).toEqual(found.difference_of_these_models)
    expect(found.sentences.join(' ')).toContain('With one run of bt-seed0, nothing is known')
  })

  it('one with margins and one without are what claims of the paper are about, whichever is the baseline', async () => {
    const without = run('without', truth, 0)
    const taught = run(
      'taught',
      truth.map((margin) => 2 * margin + 1),
      0,
      'adaptive-margin',
    )
    for (const arms of [
      [without, taught],
      [taught, without],
    ]) {
      const { claims, sentences } = await comparedOnce({ arms })
      expect(claims.map(({ claim, verdict }) => [claim, verdict])).toEqual([
        ['margins_shift', 'holds'],
        ['margins_shift_scale_free', 'holds'],
        ['margins_widen', 'holds'],
        ['margins_widen_scale_free', expect.any(String)],
      ])
      expect(sentences.join(' ')).toMatch(
        /The paper's claim holds: the growth of the mean reward margin with margins is 1\./,
      )
    }
    const others = ['x', 'y', 'z'].map((name) => join(folder, `${name}.jsonl`))
    const { claims, comparisons } = await compare({ arms: [without, taught, ...others] })
    expect(claims.map(({ claim }) => claim)).toContain('lower_kurtosis_with_higher_accuracy')
    expect((await compare({ arms: others })).claims).toEqual([])
    expect(comparisons[1]?.claims).toEqual([])
  })

  it('of a run folder take the test pairs if there are any, and refuse a run with several other evaluations', async () => {
    const held = run('tested', truth, 4)
    rewards('tested/test-evaluation/rewards.jsonl', rowsOf(truth.slice(0, 50)))
    const other = rewards('short.jsonl', rowsOf(noisy(0).slice(0, 50)))
    const { pairs, arms } = await compare({ arms: [held, other] })
    expect(pairs).toBe(50)
    expect(arms[0]).toMatchObject({ name: 'tested', runs: [{ seed: 4 }] })
    const bare = join(folder, 'bare')
    for (const name of ['one', 'two']) rewards(`bare/${name}/rewards.jsonl`, rowsOf(truth))
    writeFileSync(join(bare, 'config.yaml'), 'seed: 1\n')
    await expect(compare({ arms: [bare, other] })).rejects.toThrow(/bare: holds 2 evaluations \(one, two\); name one/)
    await expect(compare({ arms: [join(bare, 'one'), held], intersect: true })).resolves.toMatchObject({ pairs: 50 })
  })

  it('know the seed of a model that was evaluated apart from its run', async () => {
    const trained = run('apart', truth, 7)
    const evaluated = rewards('elsewhere/apart/rewards.jsonl', rowsOf(truth))
    const summary = { model: { path: join(trained, 'model'), sha256: 'abc' }, data: { sha256: 'def' } }
    writeFileSync(join(dirname(evaluated), 'summary.json'), JSON.stringify(summary))
    const { arms } = await compare({ arms: [dirname(evaluated), join(folder, 'x.jsonl')] })
    expect(arms[0]?.runs).toMatchObject([{ seed: 7, model_sha256: 'abc' }])
  })

  it('a folder of runs is an arm', async () => {
    for (const seed of [10, 2]) run(`all/seed-${seed}`, noisy(0), seed)
    const { arms } = await compare({ arms: [join(folder, 'all'), join(folder, 'x.jsonl')] })
    expect(arms[0]).toMatchObject({ name: 'all', runs: [{ seed: 2 }, { seed: 10 }] })
  })

  it('have a difference for each subset, corrected over them', async () => {
    const subsets = (margins: readonly number[]) =>
      margins.map((margin, index) => row(index, margin, { subset: index % 2 === 0 ? 'code' : 'chat' }))
    const better = truth.map((margin, index) => (index % 2 === 0 ? Math.abs(margin) : margin))
    const found = await comparedOnce({
      arms: [rewards('before.jsonl', subsets(truth)), rewards('after.jsonl', subsets(better))],
    })
    const whole = truth.filter((margin, index) => index % 2 === 0 && margin < 0).length / 200
    expect(found.subsets['code']).toMatchObject({ pairs: 200, prompts: 200 })
    expect(found.subsets['code']?.difference.value).toBeCloseTo(whole, 12)
    expect(found.subsets['chat']).toMatchObject({ difference: { value: 0 }, p: 1, p_holm: 1 })
    expect(found.sentences.at(-1)).toMatch(/^1 subset shows a difference .*: code \(\+\d/)
  })
})

describe('refused', () => {
  const good = rewards('good.jsonl', rowsOf([1, -1, 1, 1]))
  const against = (name: string, rows: readonly object[], more: object = {}) =>
    compare({ arms: [good, rewards(name, rows)], ...more })
  const changed = (index: number, change: Partial<RewardRow>) =>
    rowsOf([1, 1, 1, 1]).map((one, at_) => (at_ === index ? { ...one, ...change } : one))

  it.each([
    ['fewer pairs', rowsOf([1, 1]), /different pairs: 2 pairs only in the first \(pair-2, pair-3\); evaluate/],
    ['other ids', changed(0, { id: 'x' }), /1 pair only in the first \(pair-0\), 1 pair only in the second \(x\)/],
    ['other prompts', changed(1, { prompt_id: 'x' }), /equal ids: 1 pair with another prompt \(pair-1\)/],
    ['other subsets', changed(1, { subset: 'x' }), /equal ids: 1 pair with another subset \(pair-1\)/],
    [
      'exchanged labels',
      changed(2, { chosen_tokens: 12, rejected_tokens: 22 }),
      /1 pair with chosen and rejected exch/,
    ],
    ['other texts', changed(2, { chosen_tokens: 99 }), /1 pair with other lengths \(pair-2\)/],
    ['an id twice', changed(2, { id: 'pair-1' }), /the id pair-1 is that of several pairs; give/],
    [
      'an infinite reward',
      changed(2, { reward_margin: Infinity }),
      /line 3: field "reward_margin": found null, expected a finite number/,
    ],
    ['no pair', [], /empty file; expected rows/],
    ['another kind of file', [{ prompt: 'x' }], /line 1: found the columns prompt; expected "chosen_reward"/],
  ])('%s', async (name, rows, message) => {
    await expect(against(`${name}.jsonl`, rows)).rejects.toThrow(message)
  })

  it('annotated margins that differ, or have the other sign', async () => {
    const annotated = (margin: number) => changed(1, { annotated_margin: margin })
    const first = rewards('annotated.jsonl', annotated(2))
    const other = (margin: number) => compare({ arms: [first, rewards(`annotated${margin}.jsonl`, annotated(margin))] })
    await expect(other(3)).rejects.toThrow(/1 pair with another annotated margin \(pair-1\)/)
    await expect(other(-2)).rejects.toThrow(/1 pair with chosen and rejected exchanged \(pair-1\)/)
  })

  it('not with intersect, which counts what is left out', async () => {
    const rows = [...changed(1, { prompt_id: 'x' }).slice(1), row(9, 1)]
    const { pairs, prompts, left_out } = await against('partly.jsonl', rows, { intersect: true })
    expect({ pairs, prompts }).toEqual({ pairs: 2, prompts: 2 })
    expect(left_out).toEqual({ pairs: 3, first_ids: ['pair-0', 'pair-1', 'pair-9'], differing: { prompt: 1 } })
    const none = rowsOf([1, 1]).map((one) => ({ ...one, id: `other-${one.id}` }))
    await expect(against('none.jsonl', none, { intersect: true })).rejects.toThrow('no pair in common')
  })

  it('places without rewards, one arm, and a run given twice', async () => {
    await expect(compare({ arms: [good] })).rejects.toThrow(/found one arm to compare, expected two or more/)
    await expect(compare({ arms: [good, good] })).rejects.toThrow(/good\.jsonl is given twice/)
    await expect(compare({ arms: [good, join(folder, 'nowhere')] })).rejects.toThrow(/nowhere: no such file or folder/)
    await expect(compare({ arms: [good, join(folder, 'no*where')] })).rejects.toThrow(/no file or folder matches/)
    mkdirSync(join(folder, 'empty'))
    await expect(compare({ arms: [good, join(folder, 'empty')] })).rejects.toThrow(/holds no rewards\.jsonl/)
  })

  it('a folder that has a comparison, unless told to replace it', async () => {
    const settings = { arms: [good, rewards('else.jsonl', rowsOf([1, 1, 1, -1]))], out: join(folder, 'out') }
    await compare(settings)
    await expect(compare(settings)).rejects.toThrow(
      /already holds a comparison; name another folder, or give overwrite/,
    )
    await expect(compare({ ...settings, overwrite: true })).resolves.toMatchObject({ pairs: 4 })
  })
})

describe('other files', () => {
  it('of any kind and with other names of columns take prompts and subsets from those that know them', async () => {
    const ours = rowsOf([1, -1, 1, 1]).map((one, index) => ({ ...one, prompt_id: `p${index % 2}`, subset: 'code' }))
    const table = join(folder, 'table.csv')
    writeFileSync(table, ['key,a,b', 'pair-3,2,1', 'pair-0,1,2', 'pair-2,1,0', 'pair-1,4,2'].join('\n'))
    const columns = ['id=key', 'chosen_reward=a', 'rejected_reward=b']
    const names = ['known.jsonl', 'known/rewards.jsonl']
    for (const name of names) {
      const known = rewards(name, ours)
      const given = name.endsWith('/rewards.jsonl') ? { columns } : {}
      const other = name.endsWith('/rewards.jsonl')
        ? table
        : rewards('plain.jsonl', [
            { id: 'pair-0', chosen_reward: 1, rejected_reward: 2 },
            { id: 'pair-1', chosen_reward: 4, rejected_reward: 2 },
            { id: 'pair-2', chosen_reward: 1, rejected_reward: 0 },
            { id: 'pair-3', chosen_reward: 2, rejected_reward: 1 },
          ])
      for (const arms of [
        [known, other],
        [other, known],
      ]) {
        const { pairs, prompts, comparisons } = await compare({ arms, ...given })
        expect({ pairs, prompts }).toEqual({ pairs: 4, prompts: 2 })
        expect(comparisons[0]?.agreement).toMatchObject({ both_right: 0.5, both_wrong: 0 })
        expect(Object.keys(comparisons[0]?.subsets ?? {})).toEqual(['code'])
      }
    }
  })
})

it('pairs without ids and prompts are matched by their place, which a note says', async () => {
  const bare = (name: string, margins: readonly number[]) =>
    rewards(
      name,
      margins.map((margin) => ({ chosen_reward: margin, rejected_reward: 0 })),
    )
  const { notes, prompts } = await compare({
    arms: [bare('bare-a.jsonl', [1, 2, -1]), bare('bare-b.jsonl', [1, -2, 3])],
  })
  expect(prompts).toBe(3)
  expect(notes).toContain('The files have neither ids nor prompts: pairs of the same line are taken as the same pair.')
})

describe('lengths in tokens', () => {
  it('of another tokenizer say nothing about texts', async () => {
    const rows = rowsOf([1, 1, -1, 1]).map((one) => ({ ...one, chosen_tokens: 31, rejected_tokens: 77 }))
    await expect(
      compare({ arms: [rewards('good.jsonl', rowsOf([1, -1, 1, 1])), rewards('tokenizer.jsonl', rows)] }),
    ).resolves.toMatchObject({ pairs: 4 })
  })
})
