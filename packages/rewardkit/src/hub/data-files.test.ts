import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCard } from './card.ts'
import { chooseDataFiles } from './data-files.ts'
import { parseHubName } from './hub-names.ts'

interface Case {
  readonly files: readonly string[]
  readonly readme: string | null
  /** What the `datasets` library gives: config, split, files; see make_data_files.py. */
  readonly configs?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  readonly refused?: string
}
const cases: readonly Case[] = JSON.parse(readFileSync(new URL('fixtures/data-files.json', import.meta.url), 'utf8'))

function choose({ files, readme }: Pick<Case, 'files' | 'readme'>, name: string, splits: readonly string[] = []) {
  const all = readme === null ? files : ['README.md', ...files]
  return chooseDataFiles(all, readCard(readme, 'a/b'), parseHubName(name, 'dataset'), splits)
}

describe('config and split as the datasets library finds them', () => {
  const answered = cases.flatMap(({ configs, ...rest }, index) => (configs ? [{ ...rest, configs, index }] : []))
  it.each(answered)('$index: $files', ({ configs, ...repository }) => {
    const hasCard = repository.readme?.includes('configs:') === true
    for (const [config, splits] of Object.entries(configs))
      for (const [split, files] of Object.entries(splits)) {
        const chosen = choose(repository, `a/b${hasCard ? `:${config}` : ''}#${split}`)
        expect({ split, files: chosen?.files.map(({ path }) => path) }).toEqual({ split, files })
      }
  })
})

describe('what the datasets library leaves open', () => {
  const names = (repository: Pick<Case, 'files' | 'readme'>, name: string, splits = ['train']) =>
    choose(repository, name, splits)?.files.map(({ path }) => path)
  const tree = (...files: string[]) => ({ files, readme: null })
  const folders = tree(
    'helpful/test.jsonl.gz',
    'helpful/train.jsonl.gz',
    'harmless/train.jsonl.gz',
    'red/attempts.jsonl',
  )

  it('all splits are known, and no other', () => {
    for (const { configs, ...repository } of cases)
      for (const [config, splits] of Object.entries(configs ?? {})) {
        const name = `a/b${repository.readme?.includes('configs:') === true ? `:${config}` : ''}#none`
        expect(() => choose(repository, name)).toThrow(
          `has no split none, but ${Object.keys(splits).sort().join(', ')};`,
        )
      }
  })

  it('without a card a folder is a config, and of several each is a subset', () => {
    expect(choose(folders, 'a/b', ['train'])).toEqual({
      config: null,
      split: 'train',
      files: [
        { path: 'harmless/train.jsonl.gz', subset: 'harmless' },
        { path: 'helpful/train.jsonl.gz', subset: 'helpful' },
      ],
      notes: ['in no split, and not read: red/attempts.jsonl'],
    })
    expect(choose(folders, 'a/b:helpful', ['train'])).toEqual({
      config: 'helpful',
      split: 'train',
      files: [{ path: 'helpful/train.jsonl.gz', subset: null }],
      notes: [],
    })
    expect(names(folders, 'a/b:red')).toEqual(['red/attempts.jsonl'])
    expect(choose(tree('data/train/a.jsonl', 'train-2/b.jsonl'), 'a/b', ['train'])?.files[0]?.subset).toBeNull()
  })

  it('the first split of those preferred is taken', () => {
    expect(choose(folders, 'a/b', ['validation', 'test'])?.split).toBe('test')
    expect(() => choose(folders, 'a/b', ['validation'])).toThrow(
      'data set a/b has no split validation, but train, test; name one, such as a/b#train',
    )
  })

  it('what is missing is said with what there is', () => {
    expect(() => choose(folders, 'a/b:harmful@v1')).toThrow(
      'data set a/b has no config harmful, but harmless, helpful, red; name one, such as a/b:harmless@v1',
    )
    expect(() => choose(tree('x.jsonl'), 'a/b:harmful')).toThrow('has no config harmful, but none; leave :harmful out')
    const readme =
      '---\nconfigs:\n- config_name: one\n  data_files: no.jsonl\n- config_name: two\n  data_files: x.jsonl\n---\n'
    expect(() => choose({ files: ['x.jsonl'], readme }, 'a/b')).toThrow('has several configs: one, two; name one')
    expect(() => choose({ files: ['x.jsonl'], readme }, 'a/b:one')).toThrow(
      'has no file no.jsonl, which its card names',
    )
  })

  it('no row is read in two forms', () => {
    const both = tree('a/train.json', 'a/train.parquet', 'b/train.json', 'b/train.parquet')
    expect(choose(both, 'a/b', ['train'])).toMatchObject({
      files: [
        { path: 'a/train.parquet', subset: 'a' },
        { path: 'b/train.parquet', subset: 'b' },
      ],
      notes: ['the same split comes in several forms: read are the .parquet files, not a/train.json, b/train.json'],
    })
    expect(names(tree('train.json', 'train.jsonl', 'train.jsonl.gz', 'train-2.json'), 'a/b')).toEqual([
      'train-2.json',
      'train.jsonl',
    ])
    expect(names(tree('train.json', 'train-2.json', 'train.parquet'), 'a/b')).toEqual(['train-2.json', 'train.json'])
  })

  it('the conversion of the hub is config/split/number.parquet', () => {
    const converted = tree('one/train/0000.parquet', 'one/train/0001.parquet', 'two/test/0000.parquet')
    expect(names(converted, 'a/b:one')).toEqual(['one/train/0000.parquet', 'one/train/0001.parquet'])
    expect(() => choose(converted, 'a/b')).toThrow('has several configs: one, two; name one')
    expect(names(tree('default/train/0000.parquet', 'two/train/0000.parquet'), 'a/b')).toEqual([
      'default/train/0000.parquet',
    ])
  })

  it('nothing in a form that can be read is nothing', () => {
    expect(choose(tree('b.py', 'image.png', 'dataset_infos.json'), 'a/b')).toBeNull()
  })
})

describe('the card', () => {
  it.each([
    ['license: mit', 'mit'],
    ['license:\n- mit\n- cc-by-4.0', 'mit, cc-by-4.0'],
    ['license: other\nlicense_name: own-terms', 'own-terms'],
    ['tags: [x]', null],
  ])('%j: licence %s', (header, licence) => {
    expect(readCard(`---\r\n${header}\r\n---\r\ntext`, 'a/b').licence).toBe(licence)
  })

  it('without a header, or with one that is broken', () => {
    expect(readCard('# a\n---\nlicense: mit\n---\n', 'a/b')).toEqual({ licence: null, configs: [], sizes: [] })
    expect(() => readCard('---\nlicense: [\n---\n', 'a/b')).toThrow(/the card of data set a\/b .* cannot be read/)
  })
})
