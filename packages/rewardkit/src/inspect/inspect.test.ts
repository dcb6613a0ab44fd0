import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { formatInspection } from '../cli/show-inspection.ts'
import { silentHooks } from '../events.ts'
import { renderInspection } from '../reports/inspection.ts'
import { expected, folderOf } from '../tokens/fixtures/fixtures.ts'
import { differences } from './differences.ts'
import { inspectData, type Inspection } from './inspect.ts'
import { inspectOptionsSchema } from './inspect-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-inspect-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function inspected(rows: readonly unknown[], options: object = {}) {
  const data = join(folder, `${++files}.jsonl`)
  writeFileSync(data, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'))
  return inspectData(inspectOptionsSchema.parse({ data, ...options }), silentHooks)
}
const pageOf = (found: Inspection, options: object = {}) =>
  renderInspection(found, inspectOptionsSchema.parse({ data: found.data, ...options }))
const pair = (prompt: string, chosen: string, rejected: string, more: object = {}) => ({
  prompt,
  chosen,
  rejected,
  ...more,
})

it('counts by hand what is in a small set', async () => {
  const rows = [
    pair('one', 'ab', 'a', { margin: -1, subset: 'x' }),
    pair('one', 'ab', 'a', { margin: 0, subset: 'x' }),
    pair('one', 'a', 'ab', { margin: 3, subset: 'y' }),
    pair('two', '😀', 'b', { probability: 0.5 }),
    pair('three', 'b', 'ab', { probability: 0.25, weight: 2 }),
    pair('four', 'same', 'same'),
    'no JSON',
  ]
  const found = await inspected(rows, { onError: 'skip' })
  expect(found).toMatchObject({
    rows: 7,
    groups: 5,
    pairs: 5,
    prompts: 3,
    repeated_prompts: 1,
    duplicate_pairs: 1,
    contradictions: 1,
    dropped: { identical_responses: 1, unreadable: 1 },
    forms: { text: 5 },
    ties: { kept: 1, dropped: 0 },
    margins: { negative: 1, zero: 1, distribution: { count: 3, min: -1, p50: 0, max: 3 } },
    probabilities: { count: 2 },
    weights: { count: 1, max: 2 },
    // At probability 0.25 the response called rejected is the better one: here it is longer.
    characters: { longer: { chosen_longer: 3, equal: 0, rejected_longer: 1 }, chosen: { min: 1, max: 2 } },
    subsets: { x: { pairs: 2, longer_share: 1 }, y: { pairs: 1, longer_share: 0 } },
    tokens: null,
  })
  for (const { count, histogram } of [found.margins.distribution, found.characters.prompt].filter((each) => !!each))
    expect(histogram.reduce((sum, bar) => sum + bar.count, 0)).toBe(count)
})

it('draws the same pairs with the same seed, and those of --show-tokens are those of --show', async () => {
  const rows = Array.from({ length: 50 }, (_, index) => pair(`question ${index}`, `yes ${index}`, `no ${index}`))
  const options = { show: 4, showTokens: 4, model: folderOf('words') }
  const [first, again, other] = [
    await inspected(rows, options),
    await inspected(rows, options),
    await inspected(rows, { ...options, seed: 1 }),
  ]
  const ids = first.examples.map(({ id }) => id)
  expect(ids).toHaveLength(4)
  expect(again.examples).toEqual(first.examples)
  expect(first.token_examples.map(({ id }) => id)).toEqual(ids)
  expect(other.examples.map(({ id }) => id)).not.toEqual(ids)
})

it('counts tokens as transformers does, and what is cut', async () => {
  const { texts } = expected['plain-bytes'] ?? { texts: [] }
  const usable = texts.filter(({ text }) => text.trim() !== '' && Buffer.from(text).toString() === text)
  const lengths = new Map(usable.map(({ text, trl }) => [text, trl.length]))
  const [short = '', long = ''] = [...lengths.keys()]
    .toSorted((a, b) => (lengths.get(a) ?? 0) - (lengths.get(b) ?? 0))
    .filter((_, index, all) => index === 0 || index === all.length - 1)
  const [least = 0, most = 0] = [lengths.get(short), lengths.get(long)]
  expect(most).toBeGreaterThan(least)
  const rows = [{ chosen: long, rejected: short }]
  const model = folderOf('plain-bytes')
  const whole = await inspected(rows, { model })
  expect(whole.tokens).toMatchObject({
    sequence: { count: 2, min: least, max: most },
    longer: { chosen_longer: 1 },
    tokens: { unshared: least + most },
    truncated: 0,
  })
  const cut = await inspected(rows, { model, maxLength: most - 1 })
  expect(cut.tokens).toMatchObject({ sequences_over_max_length: 1, pairs_over_max_length: 1, truncated: 1, pairs: 1 })
  const dropped = await inspected(rows, { model, maxLength: most - 1, truncation: 'drop' })
  expect(dropped.tokens).toMatchObject({ dropped: { too_long: 1 }, pairs: 0, tokens: { shared: 0 } })
})

it('takes languages from a column, else estimates them and says so', async () => {
  const said = await inspected([pair('a', 'b', 'c', { lang: 'de' }), pair('d', 'e', 'f', { lang: 'fr' })])
  expect(said.languages).toEqual({ source: 'column', detector: null, of: 2, counts: { de: 1, fr: 1 } })
  const text = 'Wie viele Einwohner hat die Hauptstadt von Österreich und wo liegt sie?'
  const detected = await inspected([pair(text, 'b', 'c')])
  expect(detected.languages).toMatchObject({ source: 'detected', of: 1, counts: { de: 1 } })
  const some = await inspected([pair(text, 'b', 'c', { lang: 'xx' }), pair(`${text} Und warum?`, 'b', 'c')])
  expect(some.languages).toMatchObject({ source: 'detected', of: 2, counts: { de: 2 } })
})

it('refuses what cannot be answered', async () => {
  await expect(inspected([pair('a', 'b', 'c')], { showTokens: 1 })).rejects.toThrow('name its folder with model')
  await expect(inspected([pair('a', 'b', 'b')])).rejects.toThrow('no pair is usable (1 identical_responses)')
  await expect(inspected([])).rejects.toThrow('empty file')
  await expect(inspected([pair('a', 'b', 'c')], { model: folder })).rejects.toThrow('has no config.json')
})

it('lets no control character of the data reach the terminal or the page, and keeps to the width', async () => {
  const hostile = '\u001B[31mred\u001B]0;title\u0007 \u009B2J \u202E<script>alert(1)</script> שלום עולם '
  const rows = [pair(hostile, hostile.repeat(40), `${hostile}else`, { id: hostile, subset: hostile, lang: hostile })]
  const found = await inspected(rows, { show: 1, showTokens: 1, model: folderOf('plain-bytes') })
  const shown = formatInspection(found, { columns: 60 })
  // oxlint-disable-next-line no-control-regex
  expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/)
  expect(shown).toContain('␛[31mred')
  const page = pageOf(found)
  expect(page).not.toContain('<script')
  // oxlint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0008\u000E-\u001F\u007F-\u009F\u202E]/)
})

it('shows one pair without margins, and 500 subsets', async () => {
  const one = await inspected([pair('a', 'b', 'c')], { show: 3 })
  expect(formatInspection(one, {})).toContain('with annotated margin')
  const page = pageOf(one)
  expect(page).toContain('Pairs per prompt')
  expect(page).toMatch(/1 preference pair on 1 prompt, layout\s+pairs/)
  expect(page).toContain('1 pair drawn at random')
  const many = await inspected(
    Array.from({ length: 500 }, (_, index) => pair(`a ${index}`, 'b', 'c', { subset: `s${index}` })),
  )
  expect(formatInspection(many, {})).toContain('and 480 more subsets')
  expect(pageOf(many)).toMatch(/<summary>\s*500 subsets/)
})

it('says on the page which axis is logarithmic, which options were changed, and the version', async () => {
  const rows = [1, 10, 100, 1000].map((length) =>
    pair(`q ${length}`, 'x'.repeat(length), 'no', { margin: length, subset: `s${length}` }),
  )
  const page = pageOf(await inspected(rows), { seed: 7, subsets: ['s1', 's10'], html: 'page.html' })
  const captionOf = (title: string) => page.slice(page.indexOf(title)).match(/<figcaption>[^]*?<\/figcaption>/)?.[0]
  expect(captionOf('Chosen, characters')).toContain('The horizontal axis is logarithmic.')
  expect(captionOf('Annotated margins')).not.toContain('logarithmic')
  expect(page).toMatch(/RewardKit \d+\.\d+\.\d+\S*, with --seed 7 --subsets s1,s10\./)
  expect(pageOf(await inspected(rows))).toContain('all options at their defaults')
})

it('finds what two texts share, and neither loses a character', () => {
  const [left, right] = ['the answer to it all is 7, surely', 'the answer to it all is 8, surely']
  const found = differences(left, right)
  expect(found.left.map(({ text }) => text).join('')).toBe(left)
  expect(found.right.map(({ text }) => text).join('')).toBe(right)
  expect(found.left[0]).toEqual({ text: 'the answer to it all is ', isShared: true })
  expect(
    found.left
      .filter(({ isShared }) => !isShared)
      .map(({ text }) => text)
      .join(''),
  ).toContain('7')
})
