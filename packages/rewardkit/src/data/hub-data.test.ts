import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { silentHooks } from '../events.ts'
import { commitOf, type FakeHub, startHub } from '../hub/fixtures/server.ts'
import { openData } from './open-data.ts'
import { defaultDataOptions } from './data-options.ts'
import { evaluationSplits, trainingSplits } from './sources/open-source.ts'
import { convertData } from './transforms/convert.ts'
import { convertOptionsSchema } from './transforms/transform-options.ts'
import { readPreferences } from './survey.ts'

const transcripts = (name: string, count: number) =>
  gzipSync(
    Array.from({ length: count }, (_, k) =>
      JSON.stringify({
        chosen: `\n\nHuman: ${name} ${k}\n\nAssistant: yes`,
        rejected: `\n\nHuman: ${name} ${k}\n\nAssistant: no`,
      }),
    ).join('\n'),
  )
/** Folders as those of hh-rlhf. */
const files = {
  'README.md': '---\nlicense: mit\n---\n',
  'harmless-base/train.jsonl.gz': transcripts('harmless', 3),
  'harmless-base/test.jsonl.gz': transcripts('held', 1),
  'helpful-base/train.jsonl.gz': transcripts('helpful', 2),
  'helpful-base/test.jsonl.gz': transcripts('held', 2),
}

let hub: FakeHub
const home = mkdtempSync(join(tmpdir(), 'rewardkit-hub-data-'))
beforeAll(async () => {
  hub = await startHub({ 'datasets/owner/transcripts': { files } })
  vi.stubEnv('HF_ENDPOINT', hub.endpoint)
  vi.stubEnv('HF_HOME', home)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await hub.close()
  rmSync(home, { recursive: true })
})

describe('data by a name at the hub', () => {
  const subsets = async (name: string, splits: readonly string[], options = {}) => {
    const data = await openData(name, { ...defaultDataOptions, ...options }, splits, silentHooks)
    return (await readPreferences(data)).groups.map(({ subset }) => subset)
  }

  it('takes all folders as subsets, and the split that training or an evaluation wants', async () => {
    const trained = await subsets('owner/transcripts', trainingSplits)
    expect(trained).toEqual(['harmless-base', 'harmless-base', 'harmless-base', 'helpful-base', 'helpful-base'])
    expect(await subsets('owner/transcripts', evaluationSplits)).toHaveLength(3)
    expect(await subsets('owner/transcripts#test', trainingSplits)).toHaveLength(3)
  })

  it('takes one folder by its name, or some subsets', async () => {
    expect(await subsets('owner/transcripts:helpful-base', trainingSplits)).toHaveLength(2)
    const some = await subsets('owner/transcripts', trainingSplits, { subsets: ['harmless-base'] })
    expect(some).toHaveLength(3)
  })

  it('writes repository, commit and licence into the provenance', async () => {
    const out = join(home, 'out.jsonl')
    const options = convertOptionsSchema.parse({ data: 'owner/transcripts:helpful-base', out })
    const { provenance } = await convertData(options, silentHooks)
    expect(JSON.parse(readFileSync(provenance, 'utf8'))).toMatchObject({
      sources: [
        {
          name: 'owner/transcripts:helpful-base',
          origin: { repository: 'owner/transcripts', commit: commitOf(files), split: 'train', licence: 'mit' },
          files: [{ name: 'helpful-base/train.jsonl.gz' }],
        },
      ],
    })
  })

  it('is read from the cache when the hub is away', async () => {
    await hub.close()
    const warnings: string[] = []
    const hooks = {
      onEvent: (event: { kind: string; message?: string }) => {
        if (event.kind === 'warning') warnings.push(event.message ?? '')
      },
      shouldStop: () => false,
    }
    const data = await openData('owner/transcripts', defaultDataOptions, trainingSplits, hooks)
    expect((await readPreferences(data)).groups).toHaveLength(5)
    expect(warnings).toHaveLength(1)
  })
})
