import type { FamilyRecord } from './family.ts'
import { gemma, gemma2 } from './families/gemma.ts'
import { gptNeoX } from './families/gpt-neox.ts'
import { gpt2 } from './families/gpt2.ts'
import { llama, mistral, qwen2, qwen3 } from './families/llama.ts'
import { olmo2 } from './families/olmo2.ts'

/** The families that can be opened, by the `model_type` of their config.json. */
export type Family = 'gpt_neox' | 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'gemma' | 'gemma2' | 'olmo2' | 'gpt2'

const records: Readonly<Record<Family, FamilyRecord>> = {
  gpt_neox: gptNeoX,
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  olmo2,
  gpt2,
}

export const isFamily = (name: unknown): name is Family => typeof name === 'string' && Object.hasOwn(records, name)

export const families: readonly Family[] = Object.keys(records).filter(isFamily)

/** The record of a family. */
export const recordOf = (name: Family): FamilyRecord => records[name]
