import { expect, it } from 'vitest'
import { isHubName, isPlainPath, parseHubName } from './hub-names.ts'

it.each([
  ['stanfordnlp/SHP', { repository: 'stanfordnlp/SHP' }],
  ['hf:stanfordnlp/SHP', { repository: 'stanfordnlp/SHP' }],
  ['hf:squad', { repository: 'squad' }],
  ['hub:squad', { repository: 'squad' }],
  ['hub:stanfordnlp/SHP#test', { repository: 'stanfordnlp/SHP', split: 'test' }],
  ['Anthropic/hh-rlhf:helpful-base', { repository: 'Anthropic/hh-rlhf', config: 'helpful-base' }],
  ['a/b#test', { repository: 'a/b', split: 'test' }],
  ['a/b@refs/convert/parquet', { repository: 'a/b', revision: 'refs/convert/parquet' }],
  [
    'openai/summarize_from_feedback:comparisons#validation@main',
    { repository: 'openai/summarize_from_feedback', config: 'comparisons', split: 'validation', revision: 'main' },
  ],
])('%s', (text, parts) => {
  expect(isHubName(text)).toBe(true)
  expect(parseHubName(text, 'dataset')).toEqual({
    kind: 'dataset',
    config: null,
    split: null,
    revision: null,
    ...parts,
  })
})

it.each([
  ['squad', 'dataset', '"squad" has no owner (if it really has none, write hub:squad)'],
  ['a/b/c', 'dataset', '"a/b/c" cannot be a repository'],
  ['a--b/c', 'dataset', 'cannot be a repository'],
  ['hf:', 'dataset', 'this is not a name on the Hugging Face hub'],
  ['a/b:', 'dataset', 'the config is empty'],
  ['a/b#', 'dataset', 'the split is empty'],
  ['a/b@', 'model', 'the revision is empty'],
  ['a/b@../../x', 'model', '"../../x" cannot be a revision'],
  ['a/b@main#test', 'dataset', '"main#test" cannot be a revision; write it as owner/name[:config][#split][@revision]'],
  ['a/b:c', 'model', 'a model has neither config nor split; write it as owner/name[@revision]'],
] as const)('%s as a %s: %s', (text, kind, message) => {
  expect(() => parseHubName(text, kind)).toThrow(message)
})

it('paths of files and folders are not names', () => {
  const paths = [
    'pairs.jsonl',
    './a/b',
    '../b',
    '/a/b',
    'a/b/c',
    'data/pairs.jsonl',
    'data/x.parquet',
    'a/b.json.gz',
    '-',
  ]
  expect(paths.filter(isHubName)).toEqual([])
})

it('a plain path stays where it is joined to', () => {
  expect(['a', 'a/b.c', 'a/.b', 'a b'].filter((path) => !isPlainPath(path))).toEqual([])
  expect(['', '/a', 'a/', 'a//b', '..', 'a/../b', './a', 'C:a', 'a\\b', 'a\nb'].filter(isPlainPath)).toEqual([])
})
