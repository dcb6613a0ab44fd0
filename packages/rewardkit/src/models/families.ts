import type { FamilyRecord } from './family.ts'
import { gemma, gemma2 } from './families/gemma.ts'
import { gptNeoX } from './families/gpt-neox.ts'
import { gpt2 } from './families/gpt2.ts'
import { llama, mistral, qwen2, qwen3 } from './families/llama.ts'
import { olmo2 } from './families/olmo2.ts'

/** Every family under the `model_type` of its config.json. */
const table = { gpt_neox: gptNeoX, llama, mistral, qwen2, qwen3, gemma, gemma2, olmo2, gpt2 }

/** The names of the families that can be opened. */
export type Family = keyof typeof table
export const isFamily = (name: unknown): name is Family => typeof name === 'string' && Object.hasOwn(table, name)

export const families: readonly Family[] = Object.keys(table).filter(isFamily)

/** The record of a family. */
export const recordOf = (name: Family): FamilyRecord => table[name]
