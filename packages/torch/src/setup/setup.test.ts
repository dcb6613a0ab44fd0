import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cacheFolder, makeFolder, removeSetup } from './folders.mjs'
import { explicitFolder, explicitLibtorch } from './libtorch.ts'
import { locateNative, readRecord, writeRecord } from './record.ts'
import { pythonTorch, readVersion } from './versions.mjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewardkit-setup-'))
  vi.stubEnv('REWARDKIT_HOME', folder)
  vi.stubEnv('REWARDKIT_LIBTORCH', undefined)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function writeLibtorch(version = '2.15.0+cpu'): string {
  const torch = join(folder, 'elsewhere', 'torch')
  mkdirSync(join(torch, 'lib'), { recursive: true })
  mkdirSync(join(torch, 'include'))
  writeFileSync(join(torch, 'version.py'), `__version__ = '${version}'\n`)
  for (const name of ['libc10.so', 'libtorch_cpu.so']) writeFileSync(join(torch, 'lib', name), name)
  return torch
}

function writeSetup(): { torch: string; libraries: string[]; addonFile: string } {
  const torch = writeLibtorch()
  const libraries = ['libc10.so', 'libtorch_cpu.so'].map((name) => join(torch, 'lib', name))
  const addonFile = join(folder, 'addon.node')
  writeFileSync(addonFile, 'addon')
  writeRecord(folder, { libtorchFolder: torch, libraries, addonFile, torchVersion: '2.15.0+cpu' })
  return { torch, libraries, addonFile }
}

describe('cacheFolder', () => {
  it.each([
    [{ REWARDKIT_HOME: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
    [{ REWARDKIT_HOME: '', XDG_CACHE_HOME: '/b' }, '/b/rewardkit'],
  ])('%o', (environment, expected) => {
    expect(cacheFolder(environment)).toBe(expected)
  })

  it('is in the home folder by default', () => {
    expect(cacheFolder({})).toMatch(/\/\.cache\/rewardkit$/)
  })
})

describe('locateNative', () => {
  it('names the remedy where set-up has not been done', () => {
    expect(() => locateNative()).toThrow(/is not set up .*: run `npx rewardkit setup`$/)
  })

  it('gives back what set-up wrote', () => {
    const { torch, libraries, addonFile } = writeSetup()
    expect(locateNative()).toEqual({ libtorchFolder: torch, libraries, addonFile, torchVersion: '2.15.0+cpu' })
  })

  it('notices a library that has changed or gone', () => {
    const { libraries } = writeSetup()
    writeFileSync(libraries[1] ?? '', 'another one')
    expect(() => locateNative()).toThrow(/libtorch_cpu\.so is missing or has changed .*npx rewardkit setup/)
    rmSync(libraries[1] ?? '')
    expect(() => locateNative()).toThrow(/libtorch_cpu\.so is missing or has changed/)
  })

  it('keeps a record for each libtorch that REWARDKIT_LIBTORCH names, and one for none', () => {
    const { torch } = writeSetup()
    vi.stubEnv('REWARDKIT_LIBTORCH', '/opt/libtorch')
    expect(() => locateNative()).toThrow(/libtorch is not set up/)
    vi.stubEnv('REWARDKIT_LIBTORCH', undefined)
    expect(locateNative().libtorchFolder).toBe(torch)
  })

  it('takes a damaged record for none', () => {
    writeSetup()
    const [record = ''] = readdirSync(folder).filter((name) => name.startsWith('setup-'))
    writeFileSync(join(folder, record), '{"schema_version": 1, "libtor')
    expect(readRecord(folder).problem).toMatch(/is not set up/)
  })
})

describe('REWARDKIT_LIBTORCH', () => {
  const libraries = ['libc10.so', 'libtorch_cpu.so']

  it('may name the folder itself or the one around it', () => {
    const torch = writeLibtorch()
    expect(explicitFolder({ REWARDKIT_LIBTORCH: torch })).toBe(torch)
    expect(explicitFolder({ REWARDKIT_LIBTORCH: join(torch, '..') })).toBe(torch)
    expect(explicitFolder({})).toBeNull()
  })

  it('is refused where a part is missing, the version is another, or the libraries do not load', async () => {
    const torch = writeLibtorch('2.13.0')
    vi.stubEnv('REWARDKIT_LIBTORCH', torch)
    await expect(explicitLibtorch(libraries)).rejects.toThrow(
      /names libtorch 2\.13\.0 in .*: use 2\.15\.0 or 2\.14\.1, or unset it/,
    )
    writeFileSync(join(torch, 'version.py'), `__version__ = '2.15.0+cpu'\n`)
    await expect(explicitLibtorch(libraries)).rejects.toThrow(/whose libraries do not load \(.*libc10\.so.*\)/)
    rmSync(join(torch, 'lib', 'libtorch_cpu.so'))
    await expect(explicitLibtorch(libraries)).rejects.toThrow(/has no lib\/libtorch_cpu\.so: name a folder/)
  })

  it('has its version read from the headers where there is no Python part', () => {
    const torch = writeLibtorch()
    rmSync(join(torch, 'version.py'))
    mkdirSync(join(torch, 'include/torch/headeronly'), { recursive: true })
    writeFileSync(join(torch, 'include/torch/headeronly/version.h'), '#define TORCH_VERSION \\\n  "2.15.0"\n')
    expect(readVersion(torch)).toBe('2.15.0')
  })
})

describe('removeSetup', () => {
  it("takes away set-up's files and leaves others", () => {
    mkdirSync(join(folder, 'libtorch-2.15.0-linux-x64', 'torch'), { recursive: true })
    mkdirSync(join(folder, 'addon'))
    mkdirSync(join(folder, 'hidden-states', '0123'), { recursive: true })
    writeFileSync(join(folder, 'setup-0123.json'), '{}')
    writeFileSync(join(folder, 'notes.txt'), '')
    expect(removeSetup()).toHaveLength(4)
    expect(readdirSync(folder)).toEqual(['notes.txt'])
  })

  it('takes the folder away where it is then empty, and finds nothing the second time', () => {
    mkdirSync(join(folder, 'addon'))
    removeSetup()
    expect(() => readdirSync(folder)).toThrow(/ENOENT/)
    expect(removeSetup()).toEqual([])
  })
})

describe('makeFolder', () => {
  it('makes what is missing, and minds nothing that is there', () => {
    makeFolder(join(folder, 'a/b/c'))
    makeFolder(join(folder, 'a/b/c'))
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['c'])
  })

  it('throws if a file is in the way', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => makeFolder(join(folder, 'file'))).toThrow(/ENOTDIR/)
    expect(() => makeFolder(join(folder, 'file/a'))).toThrow(/ENOTDIR/)
  })

  // In a process of its own: one that hangs in mkdir cannot be stopped by a test's time limit.
  it.runIf(process.platform === 'linux')('ends where the file system makes no folders', () => {
    const program = `import { makeFolder } from ${JSON.stringify(new URL('./folders.mjs', import.meta.url).href)}; makeFolder('/proc/x/y')`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(/ENOENT/)
  })
})

describe('pythonTorch', () => {
  const stubPython = (torch: string): void => {
    writeFileSync(join(folder, 'python3'), `#!/bin/sh\necho '${torch}'\n`, { mode: 0o755 })
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
  }

  it('takes a supported version for usable, no other', () => {
    const torch = writeLibtorch()
    stubPython(torch)
    expect(pythonTorch()).toEqual({ folder: torch, version: '2.15.0+cpu' })
    writeFileSync(join(torch, 'version.py'), `__version__ = '2.14.0'\n`)
    expect(pythonTorch()).toBeNull()
    stubPython('')
    expect(pythonTorch()).toBeNull()
  })
})
