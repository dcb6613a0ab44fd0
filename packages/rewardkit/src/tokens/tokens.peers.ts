import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Message } from '../data/group.ts'
import { createRandom, type Random } from '../random.ts'
import { encodeGroup } from './encode.ts'
import { expected, folderOf } from './fixtures/fixtures.ts'
import { savedTokenizerFiles } from './saved-files.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const ownPython = join(root, '.peers/bin/python')
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)
const shared = join(root, '../shared')

const seed = Number(process.env['REWARDKIT_SEED'] ?? Date.now() % 1_000_000)
console.log(`tokens against transformers: REWARDKIT_SEED=${seed}`)

const ids = z.array(z.array(z.number()))
const answerSchema = z.object({
  special: z.record(z.string(), z.number().nullable()),
  ids,
  bare: ids,
  trl: ids,
  rendered: z.array(z.string()),
})

/** What transformers' AutoTokenizer gives in the folder that we would save for a model of this type. */
function askPeer(tokenizer: Tokenizer, modelType: string, texts: string[], conversations: Message[][]) {
  const folder = mkdtempSync(join(tmpdir(), 'peer-'))
  try {
    for (const [file, text] of Object.entries(savedTokenizerFiles(tokenizer))) writeFileSync(join(folder, file), text)
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: modelType }))
    const peer = fileURLToPath(new URL('fixtures/peer.py', import.meta.url))
    const input = JSON.stringify({ texts, conversations })
    const output = execFileSync(python, [peer, folder], { input, encoding: 'utf8', maxBuffer: 2 ** 30 })
    return answerSchema.parse(JSON.parse(output))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const words =
  "the cook asks a garden lamp 12 2048 9¾ it's WE'LL don't e.g. _x_ <s> </s> <|im_end|> <unk> naïve e\u0301 👩‍👩‍👧 🇩🇪"
const pythonSpaces = ['\u001C', '\u001D', '\u001E', '\u001F', '\u0085']
const spaces = [
  ' ',
  '  ',
  '\n',
  '\n\n',
  '\r\n',
  '\t',
  '\u00a0',
  '\u3000',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\ufdd0',
  '\0',
  ...pythonSpaces,
]
const pieces = words.split(' ').concat(spaces)

/** A random text: known pieces, and characters from all assigned and unassigned planes (no surrogates). */
function randomText(random: Random): string {
  const parts = Array.from({ length: random.integer(40) }, () => {
    if (random.uniform() < 0.7) return pieces[random.integer(pieces.length)] ?? ''
    const limit = [0x80, 0x800, 0x10000, 0x110000][random.integer(4)] ?? 0x80
    const code = random.integer(limit)
    return code >= 0xd800 && code < 0xe000 ? '' : String.fromCodePoint(code)
  })
  return parts.join(random.uniform() < 0.5 ? ' ' : '')
}

/** Compares everything; gives the number of texts compared. */
async function compare(
  tokenizer: Tokenizer,
  modelType: string,
  texts: string[],
  conversations: Message[][],
): Promise<number> {
  const answer = askPeer(tokenizer, modelType, texts, conversations)
  const plain = (sequences: Int32Array[]) => sequences.map((sequence) => [...sequence])
  expect(plain(await tokenizer.encode(texts, { addSpecialTokens: true }))).toEqual(answer.ids)
  expect(plain(await tokenizer.encode(texts, { addSpecialTokens: false }))).toEqual(answer.bare)
  expect(conversations.map((messages) => tokenizer.chat?.render(messages))).toEqual(answer.rendered)
  expect(answer.special['eos']).toBe(tokenizer.eos?.id)
  expect(answer.special['pad']).not.toBe(answer.special['eos'])
  for (const [index, text] of texts.entries()) {
    const responses = [[{ role: 'assistant', content: text }]]
    const group = { id: '', promptId: '', form: 'text', prompt: [], responses, preferences: [] } as const
    const encoded = await encodeGroup(group, tokenizer, { maxLength: 2 ** 20 })
    if ('dropped' in encoded) throw new Error(encoded.dropped)
    expect([...encoded.prefix, ...(encoded.branches[0] ?? [])]).toEqual(answer.trl[index])
  }
  return answer.ids.length
}

const modelTypes: Readonly<Record<string, string>> = {
  pieces: 'llama',
  'pieces-metaspace': 'llama',
  gemma: 'gemma2',
  gpt2: 'gpt2',
  olmo2: 'olmo2',
}

test.each(Object.keys(expected))('the tokenizer %s on generated text', async (name) => {
  const random = createRandom(seed, name)
  const tokenizer = await loadTokenizer(folderOf(name))
  const texts = Array.from({ length: 1000 }, () => randomText(random))
  const message = (role: string): Message => ({ role, content: randomText(random) })
  const conversations = Array.from({ length: tokenizer.chat ? 100 : 0 }, () => [
    ...(random.uniform() < 0.5 ? [message('system')] : []),
    ...(random.uniform() < 0.5 ? [message('user'), message('assistant')] : []),
    message('user'),
    message('assistant'),
  ])
  expect(await compare(tokenizer, modelTypes[name] ?? 'gpt_neox', texts, conversations)).toBe(1000)
})

// Needs a model folder beside the data: REWARDKIT_PEERS_MODEL names it.
const model = process.env['REWARDKIT_PEERS_MODEL']
test.runIf(model !== undefined && existsSync(join(shared, 'data')))('every text of the shared data', async () => {
  const tokenizer = await loadTokenizer(model ?? '')
  const data = join(shared, 'data')
  const texts = new Set<string>()
  for (const file of readdirSync(data).filter((name) => name.endsWith('.jsonl.gz'))) {
    const lines = gunzipSync(readFileSync(join(data, file)))
      .toString('utf8')
      .trim()
      .split('\n')
    for (const line of lines) collectTexts(JSON.parse(line), texts)
  }
  const started = performance.now()
  const bytes = [...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  await tokenizer.encode([...texts], { addSpecialTokens: false })
  const speed = bytes / 1e3 / (performance.now() - started)
  console.log(`${texts.size} texts, ${(bytes / 1e6).toFixed(1)} MB, ${speed.toFixed(2)} MB/s`)
  expect(await compare(tokenizer, 'llama', [...texts], [])).toBe(texts.size)
})

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value)
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) collectTexts(inner, texts)
}
