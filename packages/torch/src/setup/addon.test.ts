import { expect, it } from 'vitest'
import { type AddonInputs, addonKey } from './addon.ts'

const inputs: AddonInputs = {
  sources: [
    { name: 'addon.cc', text: 'int a;' },
    { name: 'tensor.cc', text: 'int b;' },
  ],
  platform: 'Linux x86-64',
  nodeMajor: '20',
  torchVersion: '2.15.0+cpu',
  compiler: 'g++ 12.2.0',
}

it('gives equal inputs one key', () => {
  expect(addonKey(structuredClone(inputs))).toBe(addonKey(inputs))
})

it.each<[string, Partial<AddonInputs>]>([
  ['a source', { sources: [{ name: 'addon.cc', text: 'int a ;' }, ...inputs.sources.slice(1)] }],
  ["a source's name", { sources: [{ name: 'other.cc', text: 'int a;' }, ...inputs.sources.slice(1)] }],
  [
    'the border between two sources',
    {
      sources: [
        { name: 'addon.cc', text: 'int a;int b;' },
        { name: 'tensor.cc', text: '' },
      ],
    },
  ],
  ['Node', { nodeMajor: '22' }],
  ['libtorch', { torchVersion: '2.15.0+cu132' }],
  ['the compiler', { compiler: 'clang++ 12.2.0' }],
  ['the platform', { platform: 'Linux arm64' }],
])('gives another key after a change of %s', (_name, change) => {
  expect(addonKey({ ...inputs, ...change })).not.toBe(addonKey(inputs))
})
