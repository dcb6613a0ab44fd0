import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { commandFile } from '../fixtures/run-command.ts'
import { openHub, unreachableEndpoint } from '../hub/fixtures/open.ts'
import { commitOf } from '../hub/fixtures/server.ts'
import type { HubSettings } from '../hub/index.ts'

// The command with a hub on this machine.
const saved = fileURLToPath(new URL('../evaluate/fixtures/runs/0.1.0/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-command-hub-'))
afterAll(() => rmSync(folder, { recursive: true }))

const files = Object.fromEntries(
  readdirSync(join(saved, 'model')).map((name) => [name, readFileSync(join(saved, 'model', name))]),
)
const repositories = { 'models/some/reward': { files } }

const rows = join(folder, 'rows.jsonl')
writeFileSync(rows, '{"prompt": "a", "response": "b"}\n')
const score = ['score', '--data', rows, '--threads', '1', '--model']

async function rewardkit({ endpoint, cache }: HubSettings, ...words: string[]) {
  const child = spawn(process.execPath, [commandFile, ...words], {
    cwd: folder,
    env: {
      ...process.env,
      REWARDKIT_DEBUG: '',
      NO_COLOR: '1',
      HF_ENDPOINT: endpoint,
      HF_HUB_CACHE: cache,
      HF_HOME: cache,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  return { status, stdout, stderr }
}

test('a model by its name: fetched, and there without the hub, too', async () => {
  const { settings } = await openHub(repositories)
  const first = await rewardkit(settings, ...score, 'hub:some/reward')
  expect(first.stderr).toMatch(/^model some\/reward: commit \w{40}, 6 files, 0\.0 MB, in \S+\n/)
  expect(first.stdout).toMatch(/"reward":0\.\d+/)
  expect(first.status).toBe(0)
  const later = await rewardkit({ ...settings, endpoint: await unreachableEndpoint() }, ...score, 'hub:some/reward')
  expect(later.stderr).toMatch(/warning: fetching model some\/reward: \S+ cannot be reached; using what the cache has/)
  expect(later.stdout).toBe(first.stdout)
})

test('a run writes the commit down', async () => {
  const { settings } = await openHub(repositories)
  const words = ['--data', join(saved, 'pairs.jsonl'), '--out', 'run', '--max-steps', '1', '--threads', '1']
  const { stderr, status } = await rewardkit(settings, 'train', '--model', 'some/reward', ...words)
  expect(stderr).toContain('model some/reward: commit ')
  expect(status).toBe(0)
  expect(readFileSync(join(folder, 'run/config.yaml'), 'utf8')).toContain(`model: some/reward@${commitOf(files)}\n`)
})

test('two processes at once', async () => {
  const { settings } = await openHub(repositories)
  const both = await Promise.all([0, 1].map(() => rewardkit(settings, ...score, 'some/reward')))
  for (const { status, stdout, stderr } of both)
    expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: both[0]?.stdout })
})

test('a local folder of that name comes first', async () => {
  const { hub, settings } = await openHub(repositories)
  cpSync(join(saved, 'model'), join(folder, 'some/reward'), { recursive: true })
  const { status } = await rewardkit(settings, ...score, 'some/reward')
  expect(status).toBe(0)
  expect(hub.requests).toEqual([])
})

test('what looks like a path is not looked for at the hub', async () => {
  const { hub, settings } = await openHub(repositories)
  mkdirSync(join(folder, 'mine'), { recursive: true })
  for (const name of ['runs/fisrt', 'models/fisrt', './some/fisrt', 'mine/fisrt']) {
    const { status, stderr } = await rewardkit(settings, ...score, name)
    expect(stderr).toContain(`rewardkit: --model ${name}: no such folder`)
    expect(status).toBe(2)
  }
  expect(hub.requests).toEqual([])
})

test('a name that neither has: one line, exit code 2', async () => {
  const { settings } = await openHub(repositories)
  const { status, stderr } = await rewardkit(settings, ...score, 'owner/fisrt')
  expect(stderr).toContain('--model owner/fisrt: no such folder here, so it is taken as hub:owner/fisrt\n')
  expect(stderr).toMatch(
    /rewardkit: --model owner\/fisrt \(no folder here\): there is no model owner\/fisrt at \S+, or it is private; check the name, or set HF_TOKEN\n$/,
  )
  expect(status).toBe(2)
})
