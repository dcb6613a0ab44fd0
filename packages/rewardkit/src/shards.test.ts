import { expect, it } from 'vitest'
import { missingShards } from './shards.ts'

it.each<[string[], 0 | 1, string[]]>([
  [['model-00001-of-00003.safetensors'], 1, ['model-00002-of-00003.safetensors', 'model-00003-of-00003.safetensors']],
  [['t-00000-of-00003.parquet', 't-00002-of-00003.parquet'], 1, ['t-00001-of-00003.parquet']],
  [['t-00003-of-00003.parquet', 't-00001-of-00003.parquet'], 0, ['t-00002-of-00003.parquet']],
  [['t-00001-of-00003.parquet'], 0, ['t-00000-of-00003.parquet', 't-00002-of-00003.parquet']],
  [['t-00000-of-00001.parquet', 'v-00000-of-00001.parquet', 'other.parquet'], 0, []],
])('%j, from %i: %j are missing', (names, first, missing) => {
  expect(missingShards(names, first)).toEqual(missing)
})
