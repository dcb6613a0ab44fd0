import { describe, expect, it } from 'vitest'
import { filesNamedIn, proseProblems } from './prose.mjs'

const words = (count: number) => Array.from({ length: count }, (_, index) => `Word${index}`).join(' ')

describe('proseProblems', () => {
  it('counts the words of a sentence, a code span or a formula as one', () => {
    expect(proseProblems('a.md', `${words(30)}. Short.`)).toEqual([])
    expect(proseProblems('a.md', `${words(29)} \`a b c\`. ${words(29)} $x + y$.`)).toEqual([])
    expect(proseProblems('a.md', `Fine.\n\n${words(31)}.`)).toEqual([
      'a.md:3: the sentence "Word0 Word1 Word2 Word3 Word4 Word5 Word" has 31 words, 30 at most: make it two',
    ])
  })

  it('judges cells and list items alone, and no code block', () => {
    expect(proseProblems('a.md', `| ${words(20)} | ${words(20)} |\n| --- | --- |\n| a | behind |`)).toEqual([
      'a.md:3: found "behind": write "after"',
    ])
    expect(proseProblems('a.md', `- ${words(20)}\n- ${words(20)}`)).toEqual([])
    expect(proseProblems('a.md', '```\nbehind\n```\n\n`behind`')).toEqual([])
  })

  it('allows one semicolon in a sentence', () => {
    expect(proseProblems('a.md', 'One; two.')).toEqual([])
    expect(proseProblems('a.md', 'One; two; three.')).toEqual([
      'a.md:1: the sentence "One; two; three." has 2 semicolons, one at most: make it two',
    ])
  })

  it('knows phrases that read as translated, and leaves the usual ones', () => {
    const found = (text: string) => proseProblems('a.md', text).length
    for (const text of [
      'Rows of use.',
      'It is no failure.',
      'N stands for a number.',
      'You are told so.',
      'He reads what is not a row.',
    ])
      expect([text, found(text)]).toEqual([text, 1])
    for (const text of [
      'There is no file.',
      'It is no longer read.',
      'Behind a proxy, set it.',
      'It leaves nothing behind.',
      'They cannot be told apart.',
      'Understand it.',
    ])
      expect([text, found(text)]).toEqual([text, 0])
  })

  it('reads the comments of a source, and looks for phrases in its strings', () => {
    const source = [
      "import a from 'a'",
      '// Short.',
      `// ${words(31)}.`,
      'const behind = 1 // behind',
      '  /**',
      `   * ${words(20)}`,
      `   * @param a ${words(20)}`,
      '   * @example',
      `   * ${words(40)}`,
      '   */',
      "fail('the text behind it')",
      '// oxlint-disable-next-line no-behind',
      '/** It lies in between. */',
    ].join('\n')
    expect(proseProblems('a.ts', source).map((problem) => problem.split(': ', 2).join(': ').slice(0, 40))).toEqual([
      'a.ts:2: the sentence "Word0 Word1 Word2 ',
      'a.ts:11: found "behind"',
      'a.ts:13: found "lies in"',
    ])
  })
})

describe('filesNamedIn', () => {
  it('finds relative links and paths from the root', () => {
    const text =
      'See [a](b.md#c), [d](https://e.f/docs/g) and `node bench/loop.mjs packages/a`, not `data/train/x` or `.../docs/x`.'
    expect(filesNamedIn(text)).toEqual({ links: ['b.md'], paths: ['bench/loop.mjs', 'packages/a'] })
  })
})
