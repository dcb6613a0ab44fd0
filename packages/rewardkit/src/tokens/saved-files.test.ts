import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expected, folderOf } from './fixtures/fixtures.ts'
import { choosePadToken, savedTokenizerFiles } from './saved-files.ts'
import { loadTokenizer } from './tokenizer.ts'

test.each([
  ['digit-split', '<|endoftext|>'], // its own pad is the end token
  ['plain-bytes', '<|padding|>'], // EOS, BOS and unk are one
  ['pattern', '<|reserved_0|>'], // no pad, no unk
  ['pieces', '<unk>'],
  ['pieces-metaspace', '<unk>'],
  ['words', '<pad>'],
  ['gemma', '<pad>'],
  ['olmo2', '<|pad|>'],
  ['gpt2', undefined], // one special token, in which sequences end
])('the pad of %s is %s', async (name, pad) => {
  expect(choosePadToken(await loadTokenizer(folderOf(name)))?.text).toBe(pad)
})

test.each(Object.keys(expected))(
  'the saved files of %s load again: same ids, same end, the chosen pad',
  async (name) => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const folder = mkdtempSync(join(tmpdir(), 'saved-'))
    try {
      for (const [file, text] of Object.entries(savedTokenizerFiles(tokenizer))) writeFileSync(join(folder, file), text)
      const again = await loadTokenizer(folder)
      expect(again.pad).toEqual(choosePadToken(tokenizer))
      expect([again.bos, again.eos, again.unk]).toEqual([tokenizer.bos, tokenizer.eos, tokenizer.unk])
      expect(again.chat?.ending).toEqual(tokenizer.chat?.ending)
      const texts = expected[name]?.texts ?? []
      const ids = await again.encode(
        texts.map(({ text }) => text),
        { addSpecialTokens: true },
      )
      expect(ids.map((sequence) => [...sequence])).toEqual(texts.map((text) => text.ids))
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
