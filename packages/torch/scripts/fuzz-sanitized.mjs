// Compiles the addon with the address and undefined-behaviour sanitizers into a folder of its own and runs fuzz.mjs with
// it. Tensors lie against pages that nobody may touch (REWARDKIT_GUARD_PAGES in native/memory.cc), so that libtorch's own
// kernels, which no sanitizer watches, crash where they leave their tensors.
//
//   node packages/torch/scripts/fuzz-sanitized.mjs [--cases 3000] [--seed 1] [--threads 2]
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCompiler } from '../dist/setup/compiler.js'
import { nativeSources } from '../dist/setup/folders.mjs'
import { findPlatform } from '../dist/setup/platform.mjs'
import { locateNative, writeRecord } from '../dist/setup/record.js'

const begun = performance.now()
const platform = findPlatform()
if (!platform) throw new Error('this platform is not supported')
const location = locateNative()
const [program, ...leading] = (await findCompiler()).command
const include = join(location.libtorchFolder, 'include')
const headers = [
  join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include'),
  include,
  join(include, 'torch/csrc/api/include'),
]
const sanitizers = [
  '-fsanitize=address,undefined',
  '-fno-sanitize=vptr',
  '-fno-sanitize-recover=undefined',
  '-fno-omit-frame-pointer',
  '-g1',
]

const folder = mkdtempSync(join(tmpdir(), 'sanitized-'))
try {
  const addonFile = join(folder, 'rewardkit_torch.node')
  execFileSync(
    program,
    [
      ...leading,
      ...platform.compileFlags,
      ...sanitizers,
      '-DREWARDKIT_GUARD_PAGES',
      ...headers.flatMap((header) => ['-isystem', header]),
      ...platform.linkFlags,
      ...nativeSources().filter((file) => file.endsWith('.cc')),
      '-L',
      join(location.libtorchFolder, 'lib'),
      '-ltorch_cpu',
      '-lc10',
      '-o',
      addonFile,
    ],
    { stdio: 'inherit' },
  )
  console.log(`compiled in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  // The loader finds the addon by the record of set-up in REWARDKIT_HOME.
  writeRecord(folder, { ...location, addonFile })
  const runtime = execFileSync(program, [...leading, '-print-file-name=libasan.so'], { encoding: 'utf8' }).trim()
  const { status } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('fuzz.mjs', import.meta.url)), '--cases', '3000', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        REWARDKIT_HOME: folder,
        LD_PRELOAD: runtime,
        // Node frees nothing at its end. The limit keeps a request that is refused from ending the process.
        ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=0',
        UBSAN_OPTIONS: 'print_stacktrace=1',
      },
    },
  )
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true })
}
