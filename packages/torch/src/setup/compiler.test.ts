import { describe, expect, it } from 'vitest'
import { type AskVersion, findCompiler } from './compiler.ts'

/** Answers as the programs of a machine would; others cannot be run. */
const machine =
  (programs: Record<string, string>): AskVersion =>
  (command) =>
    Promise.resolve(programs[command.join(' ')] ?? null)

const debian12 = 'g++ (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc.'
const ubuntu13 = 'g++-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0'
const redHat = 'g++ (GCC) 14.2.1 20240912 (Red Hat 14.2.1-3)'
const conda = 'x86_64-conda-linux-gnu-c++ (conda-forge gcc 13.3.0-1) 13.3.0'
const gcc15 = 'g++ (GCC) 15.1.1 20250425'
const gcc9 = 'g++ (Ubuntu 9.4.0-1ubuntu1~20.04.2) 9.4.0'
const clang16 = 'Debian clang version 16.0.6 (15~deb12u1)\nTarget: x86_64-pc-linux-gnu'
const clang14 = 'Ubuntu clang version 14.0.0-1ubuntu1.1'
const apple = 'Apple clang version 16.0.0 (clang-1600.0.26.6)'

describe('findCompiler', () => {
  it.each([
    ['the only g++', { 'g++': debian12 }, 'g++', 'g++', '12.2.0'],
    ['the newest g++ up to 14', { 'g++': debian12, 'g++-13': ubuntu13 }, 'g++-13', 'g++', '13.3.0'],
    ['g++ before clang++', { 'clang++': clang16, 'g++': redHat }, 'g++', 'g++', '14.2.1'],
    ['clang++ where g++ is too old', { 'g++': gcc9, 'clang++': clang16 }, 'clang++', 'clang++', '16.0.6'],
    ['clang++ where g++ is too new', { 'g++': gcc15, 'clang++-16': clang16 }, 'clang++-16', 'clang++', '16.0.6'],
    ["clang under g++'s name", { 'g++': apple }, 'g++', 'clang++', '16.0.0'],
  ])('takes %s', async (_name, programs, program, family, version) => {
    expect(await findCompiler({}, machine(programs))).toEqual({ command: [program], family, version })
  })

  it('takes what CXX names, with its leading arguments and whatever its version', async () => {
    const found = await findCompiler({ CXX: 'ccache g++-15' }, machine({ 'ccache g++-15': gcc15, 'g++': debian12 }))
    expect(found).toEqual({ command: ['ccache', 'g++-15'], family: 'g++', version: '15.1.1' })
    expect((await findCompiler({ CXX: 'c++' }, machine({ 'c++': conda }))).version).toBe('13.3.0')
  })

  it('does not fall back from a CXX that is not a compiler', async () => {
    const programs = { 'g++': debian12, '/bin/true': 'true (GNU coreutils) 9.1' }
    await expect(findCompiler({ CXX: 'nonsense' }, machine(programs))).rejects.toThrow(/CXX names nonsense/)
    await expect(findCompiler({ CXX: '/bin/true' }, machine(programs))).rejects.toThrow(/CXX names \/bin\/true/)
  })

  it('says what it found and what to install', async () => {
    await expect(findCompiler({}, machine({ 'g++': gcc9, 'clang++': clang14 }))).rejects.toThrow(
      /^no C\+\+ compiler .*g\+\+ is g\+\+ 9\.4\.0, clang\+\+ is clang\+\+ 14\.0\.0.*: install g\+\+ 12 to 14.*CXX$/,
    )
  })
})
