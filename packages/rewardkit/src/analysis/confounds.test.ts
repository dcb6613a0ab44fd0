import { describe, expect, it } from 'vitest'
import { partialCorrelation, pearson } from '../statistics/correlations.ts'
import { createRandom } from '../random.ts'
import { simulate } from '../simulate/simulate.ts'
import type { RewardRow } from '../statistics/types.ts'
import { confounds } from './confounds.ts'
import { tableOf } from './reward-table.ts'

const row = (id: string, margin: number, more: Partial<RewardRow> = {}): RewardRow => ({
  schema_version: 1,
  id,
  prompt_id: id,
  subset: null,
  chosen_reward: margin,
  rejected_reward: 0,
  reward_margin: margin,
  ...more,
})

const texts = { turns: 1, chosen_characters: 5, rejected_characters: 5, chosen_marks: [], rejected_marks: [] }

describe('length', () => {
  const lengths = (chosen_tokens: number, rejected_tokens: number) => ({ chosen_tokens, rejected_tokens })

  it('parts the pairs by which response is longer, and gives both directions the same weight', () => {
    const { length } = confounds(
      tableOf([
        row('a', 1, lengths(5, 3)),
        row('b', 2, lengths(9, 3)),
        row('c', -1, lengths(6, 3)),
        row('d', 0, lengths(7, 3)),
        row('e', 1, lengths(3, 5)),
        row('f', -1, lengths(1, 2)),
        row('g', -1, lengths(1, 3)),
        row('h', -1, { ...lengths(1, 3), prompt_id: 'g' }),
        row('i', 1, lengths(4, 4)),
      ]),
    )
    expect(length).toMatchObject({
      measure: 'tokens',
      chosen_longer: { pairs: 4, prompts: 4, accuracy: { value: 1 / 2 } },
      chosen_shorter: { pairs: 4, prompts: 3, accuracy: { value: 1 / 4 } },
      equal_length: { pairs: 1, prompts: 1, accuracy: { value: 1 } },
      length_controlled_accuracy: { value: 3 / 8 },
    })
  })

  it('counts characters where no tokens are known, and says nothing where neither is', () => {
    const { length } = confounds(tableOf([row('a', 1, { ...texts, chosen_characters: 6 }), row('b', 1, texts)]))
    expect(length).toMatchObject({
      measure: 'characters',
      chosen_longer: { pairs: 1 },
      chosen_shorter: { pairs: 0, prompts: 0, accuracy: null },
      length_controlled_accuracy: null,
    })
    expect(confounds(tableOf([row('a', 1)]))).toEqual({ length: null, turns: null, repeats: null, marks: null })
  })

  /** Pairs of labels that lean towards length, scored by what is truly better plus `reliance` for every word more. */
  function simulated(lengthBias: number, reliance: number) {
    const { pairs } = simulate({ pairs: 4000, noise: 'flip:0', lengthBias, gradeNoise: 0.5, seed: 7 })
    const random = createRandom(3, 'test')
    const words = (text: string) => text.split(' ').length
    return confounds(
      tableOf(
        pairs.map(({ id, chosen, rejected, meta }) => {
          const difference = words(chosen) - words(rejected)
          const margin = meta.true_margin + 2 * random.normal() + reliance * difference
          return row(id, margin, { chosen_tokens: words(chosen), rejected_tokens: words(rejected) })
        }),
      ),
    ).length
  }

  it('puts "longer wins" at one half, with an interval, however much labels lean towards length', () => {
    const length = simulated(2, 1000)
    expect(length?.chosen_longer.pairs).toBeGreaterThan(1.8 * (length?.chosen_shorter.pairs ?? 0))
    const { value = 0, low = 1, high = 0 } = length?.length_controlled_accuracy ?? {}
    expect(value).toBe(0.5)
    expect(low).toBeLessThan(0.5)
    expect(high).toBeGreaterThan(0.5)
    expect(high - low).toBeLessThan(0.01)
  })

  it('shows reliance on length as a gap that a model without it does not have', () => {
    const gap = (of: ReturnType<typeof simulated>) =>
      (of?.chosen_longer.accuracy?.value ?? NaN) - (of?.chosen_shorter.accuracy?.value ?? NaN)
    expect(Math.abs(gap(simulated(0, 0)))).toBeLessThan(0.04)
    expect(gap(simulated(0, 0.3))).toBeGreaterThan(0.2)
    // What a model gains where the chosen response is longer it loses where it is shorter.
    const [fair, leaning] = [simulated(0, 0), simulated(0, 0.3)].map((of) => of?.length_controlled_accuracy?.value)
    expect(leaning).toBeLessThan(fair ?? NaN)
  })

  it('correlates margins with lengths given the label: the partial correlation over both orders of each pair', () => {
    const random = createRandom(4, 'orders')
    const pairs = Array.from({ length: 40 }, () => {
      const [length, grade] = [random.integer(40) - 15, random.integer(4)]
      return { length, grade, margin: 1 + 0.1 * length + grade + random.normal() }
    })
    const rows = pairs.map(({ margin, length, grade }, i) =>
      row(`${i}`, margin, { ...lengths(20 + length, 20), annotated_margin: grade }),
    )
    const found = confounds(tableOf(rows)).length
    // Pearson's, where each pair comes in both orders, and its label is +1 or -1.
    const both = (values: readonly number[]) => [...values, ...values.map((value) => -value)]
    const [margin, length] = [both(pairs.map((pair) => pair.margin)), both(pairs.map((pair) => pair.length))]
    const label = both(pairs.map(() => 1))
    const givenLabel = partialCorrelation(pearson(margin, length), pearson(margin, label), pearson(length, label))
    const once = pearson(
      pairs.map((pair) => pair.margin),
      pairs.map((pair) => pair.length),
    )
    expect(givenLabel.value).toBeCloseTo(once.value, 12)
    // On ranks, as it is reported, it is close to that.
    expect(found?.rank_correlation?.value).toBeGreaterThan(once.value - 0.1)
    expect(found?.rank_correlation?.value).toBeLessThan(once.value + 0.1)
    // What grades explain is taken out of the noise.
    expect(found?.partial_rank_correlation?.value).toBeGreaterThan(found?.rank_correlation?.value ?? NaN)
    expect(confounds(tableOf(rows.map((one) => ({ ...one, annotated_margin: undefined })))).length).toMatchObject({
      rank_correlation: found?.rank_correlation,
      partial_rank_correlation: null,
    })
  })

  it('covers the true length-controlled accuracy in 93 to 97 % of samples, with five pairs a prompt, too', () => {
    // Where chosen is longer, 80 % of pairs are right on average, else 55 %; prompts are more or less easy.
    let covered = 0
    const runs = 400
    const random = createRandom(5, 'coverage')
    for (let run = 0; run < runs; run++) {
      const rows = Array.from({ length: 400 }, (_, pair) => {
        const longer = random.uniform() < 0.7
        return { longer, prompt: Math.floor(pair / 5) }
      })
      const ease = Array.from({ length: 80 }, () => 0.4 * (random.uniform() - 0.5))
      const table = tableOf(
        rows.map(({ longer, prompt }, pair) =>
          row(`${pair}`, random.uniform() < (longer ? 0.75 : 0.55) + (ease[prompt] ?? 0) ? 1 : -1, {
            prompt_id: `${prompt}`,
            ...(longer ? lengths(2, 1) : lengths(1, 2)),
          }),
        ),
      )
      const found = confounds(table).length?.length_controlled_accuracy
      if (found && found.low <= 0.65 && found.high >= 0.65) covered += 1
    }
    expect(covered / runs).toBeGreaterThan(0.92)
    expect(covered / runs).toBeLessThan(0.98)
  })
})

it('parts the pairs by user turns, many turns together, and leaves out texts that were not at hand', () => {
  const turns = [0, 1, 1, 3, 5, 8]
  const rows = turns.map((count, i) => row(`${i}`, i % 2 === 0 ? 1 : -1, { ...texts, turns: count }))
  const { turns: parts } = confounds(tableOf([...rows, row('x', 1)]))
  expect(parts?.map(({ from, to, pairs, accuracy }) => [from, to, pairs, accuracy?.value])).toEqual([
    [0, 0, 1, 1],
    [1, 1, 2, 0.5],
    [3, 3, 1, 0],
    [5, null, 2, 0.5],
  ])
})

it('counts repeated pairs and prompts, and gives the accuracy without them', () => {
  const { repeats } = confounds(
    tableOf([
      row('a', 1, { ...texts, prompt_id: 'p' }),
      row('b', 1, { ...texts, prompt_id: 'p', duplicate_of: 'a' }),
      row('c', -1, { ...texts, prompt_id: 'p', contradicts: 'a' }),
      row('d', -1, { ...texts, prompt_id: 'q' }),
    ]),
  )
  expect(repeats).toMatchObject({
    duplicate_pairs: 1,
    contradicting_pairs: 1,
    prompts_with_several_pairs: 1,
    most_pairs_of_a_prompt: 3,
    accuracy_without_repeats: { value: 0.5 },
  })
  expect(confounds(tableOf([row('a', 1, texts)])).repeats?.accuracy_without_repeats).toBeNull()
})

it('says for each mark how often rewards and labels follow the response that alone has it', () => {
  const list = ['list' as const]
  const marked = (id: string, margin: number, chosen: boolean, rejected: boolean) =>
    row(id, margin, { ...texts, chosen_marks: chosen ? list : [], rejected_marks: rejected ? list : [] })
  const { marks } = confounds(
    tableOf([
      marked('a', 1, true, false),
      marked('b', 2, true, false),
      marked('c', -1, true, false),
      marked('d', -1, false, true),
      marked('e', 0, false, true),
      marked('f', 1, true, true),
      marked('g', 1, false, false),
      row('h', -1),
    ]),
  )
  expect(marks?.map(({ mark }) => mark)).toEqual(['list', 'heading', 'code', 'refusal'])
  expect(marks?.[0]).toMatchObject({
    only_chosen: { pairs: 3, accuracy: { value: expect.closeTo(2 / 3, 12) } },
    only_rejected: { pairs: 2, accuracy: { value: 0 } },
    rewards_follow: { value: 3.5 / 5 },
    labels_follow: { value: 3 / 5 },
  })
  expect(marks?.[1]).toMatchObject({ only_chosen: { pairs: 0, accuracy: null }, rewards_follow: null })
})
