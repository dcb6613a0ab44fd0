import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { resolveDataset } from './dataset.ts'
import { folders } from './fixtures/repositories.ts'
import { openHub } from './fixtures/open.ts'
import { fetchModel } from './fetch-model.ts'
import { type HubSettings, hubSettings } from './hub-settings.ts'

// The Python library huggingface_hub on the same cache and the same fake hub.
const ownPython = fileURLToPath(new URL('../../../../.peers/bin/python', import.meta.url))
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)

/** Not synchronous: the fake hub answers from this process. */
async function runPython(program: string, environment: Readonly<Record<string, string>>): Promise<unknown> {
  const { PATH } = process.env
  const env = { PATH, HF_HUB_DISABLE_XET: '1', HF_HUB_DISABLE_TELEMETRY: '1', ...environment }
  const child = spawn(python, ['-c', `import json\n${program}`], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [output, status] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  expect(status).toBe(0)
  return JSON.parse(output)
}

const environmentOf = ({ endpoint, cache }: HubSettings) => ({
  HF_ENDPOINT: endpoint,
  HF_HUB_CACHE: cache,
  HF_HOME: cache,
  HF_HUB_DISABLE_PROGRESS_BARS: '1',
})
const wanted = { splits: ['test'] }
const name = 'some/folders:helpful-base'

describe('one cache for both', () => {
  it('what Python fetched is not fetched again, with and without network', async () => {
    const { hub, settings } = await openHub()
    const program = `
from huggingface_hub import snapshot_download
print(json.dumps([snapshot_download("some/folders", repo_type="dataset"), snapshot_download("some/model", ignore_patterns=["*.bin", "onnx/*"])]))`
    const [dataset, modelFolder] = (await runPython(program, environmentOf(settings))) as [string, string]
    hub.requests.length = 0
    for (const offline of [false, true]) {
      const options = { ...wanted, settings: { ...settings, offline } }
      const { files, origin } = await resolveDataset(name, options, silentHooks)
      expect(files.map(({ path }) => path)).toEqual([`${dataset}/helpful-base/test.jsonl.gz`])
      expect(origin.files[0]?.etag).toMatch(/^[0-9a-f]{40}$/)
      expect((await fetchModel('some/model', silentHooks, options.settings)).folder).toBe(modelFolder)
    }
    expect(hub.requests.filter(({ path }) => path.includes('resolve'))).toEqual([])
  })

  it('so it is with files that Python fetched one by one, of which it keeps no listing', async () => {
    const { hub, settings } = await openHub()
    const program = `
from huggingface_hub import hf_hub_download
for path in ["README.md", "helpful-base/test.jsonl.gz", "helpful-base/train.jsonl.gz"]:
    hf_hub_download("some/folders", path, repo_type="dataset")
print("null")`
    await runPython(program, environmentOf(settings))
    hub.requests.length = 0
    const options = { splits: ['train'], settings: { ...settings, offline: true } }
    const { files, origin } = await resolveDataset(name, options, silentHooks)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(folders.files['helpful-base/train.jsonl.gz'])
    expect(await resolveDataset(name, { ...options, settings }, silentHooks)).toEqual({ files, origin })
    expect(hub.requests.filter(({ path }) => path.includes('resolve'))).toEqual([])
  })

  it('what was fetched here is not fetched again by Python, with and without network', async () => {
    const { hub, settings } = await openHub()
    const { files } = await resolveDataset(name, { ...wanted, settings }, silentHooks)
    const { folder } = await fetchModel('some/model', silentHooks, settings)
    hub.requests.length = 0
    const program = `
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
file = hf_hub_download("some/folders", "helpful-base/test.jsonl.gz", repo_type="dataset")
folder = snapshot_download("some/model", allow_patterns=["*.safetensors", "*.json"])
cache = scan_cache_dir()
print(json.dumps({"file": file, "folder": folder, "warnings": len(cache.warnings), "repos": sorted(repo.repo_id for repo in cache.repos)}))`
    for (const offline of ['0', '1'])
      expect(await runPython(program, { ...environmentOf(settings), HF_HUB_OFFLINE: offline })).toEqual({
        file: files[0]?.path,
        folder,
        warnings: 0,
        repos: ['some/folders', 'some/model'],
      })
    expect(hub.requests.filter(({ method, path }) => method === 'GET' && path.includes('resolve'))).toEqual([])
  })
})

describe('the environment', () => {
  it.each([
    {},
    { XDG_CACHE_HOME: '/x' },
    { HF_HOME: '~/hf' },
    { HF_HOME: '/hf', HF_HUB_CACHE: '$PLACE/${PLACE}/$NONE', PLACE: '/here' },
    { HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/hf', HF_HUB_OFFLINE: 'true' },
    { HF_TOKEN: ' hf_own\n', HF_ENDPOINT: 'http://mirror/hf/', TRANSFORMERS_OFFLINE: 'ON' },
    { HUGGING_FACE_HUB_TOKEN: 'hf_old', HF_HUB_DISABLE_SYMLINKS: '1' },
  ])('%j means the same', async (environment: Readonly<Record<string, string>>) => {
    const program = `
from huggingface_hub import constants, get_token
print(json.dumps({"endpoint": constants.ENDPOINT, "cache": constants.HF_HUB_CACHE, "offline": constants.HF_HUB_OFFLINE, "symlinks": not constants.HF_HUB_DISABLE_SYMLINKS, "token": get_token()}))`
    const theirs = await runPython(program, { HOME: '/nonexistent', ...environment })
    expect(hubSettings(environment, '/nonexistent')).toMatchObject(theirs as object)
  })
})
