import { at } from '../at.ts'
import { encodeConversations, type Pool } from './sequences.ts'
import type { Tokenizer } from './tokenizer.ts'
import { type Phrase, phrase, settings } from '../phrase.ts'

/**
 * Says at which token transformers would read the reward of a conversation: the last one that its chat template writes,
 * pad apart. Null if `pool` reads the reward at the same token.
 */
export async function pooledElsewhere(tokenizer: Tokenizer, pool: Pool): Promise<Phrase | null> {
  const conversation = [
    { role: 'user', content: 'question' },
    { role: 'assistant', content: 'answer' },
  ]
  const idsOf = async (how: Pool) => at((await encodeConversations([conversation], tokenizer, how)).ids, 0)
  const [ours, whole] = await Promise.all([idsOf(pool), idsOf('template-end')])
  const pad = tokenizer.files.configured.pad[0]
  const last = whole.findLastIndex((id) => id !== pad)
  if (last === ours.length - 1) return null
  const shown = async (id = -1) => JSON.stringify(id < 0 ? '' : await tokenizer.decode([id]))
  const read = phrase`no rewardkit.json says which token its rewards are read at: here it is ${await shown(ours.at(-1))} (${settings({ pool })})`
  const theirs = `transformers would read ${await shown(whole[last])}`
  if (last === whole.length - 1)
    return phrase`${read}, ${theirs} (${settings({ pool: 'template-end' })}); give the one that it was trained with`
  const other = settings({ pool: pool === 'end' ? 'template-end' : 'end' })
  return phrase`${read}, ${theirs}, since its pad token ${await shown(pad)} is an end token; the other choice is ${other}`
}
