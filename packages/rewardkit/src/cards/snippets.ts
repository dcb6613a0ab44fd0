import { at } from '../at.ts'
import type { CardReading } from './card-facts.ts'

/**
 * A Python program that gives the reward of a conversation, or of a text, with transformers. It cuts and ends the ids
 * where RewardKit does. Null where transformers has no class for the head.
 */
export function transformersSnippet(reading: CardReading): string | null {
  if (!reading.opensInTransformers) return null
  return [
    'import torch',
    'from transformers import AutoModelForSequenceClassification, AutoTokenizer',
    '',
    'folder = "."  # this folder, or its name at the hub',
    'tokenizer = AutoTokenizer.from_pretrained(folder)',
    'model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()',
    '',
    '',
    `def ids_of(${argument(reading)}):`,
    ...idsOf(reading).map((line) => `    ${line}`),
    `    if len(ids) > ${reading.maxLength}:`,
    `        raise ValueError("longer than the ${reading.maxLength} tokens that the model was trained on")`,
    '    return ids',
    '',
    '',
    `def reward(${argument(reading)}):`,
    '    with torch.no_grad():',
    `        logits = model(input_ids=torch.tensor([ids_of(${argument(reading)})])).logits`,
    `    return logits[0, 0].item()${constant(reading)}`,
    '',
    '',
    reading.form === 'text'
      ? 'print(reward("Name a prime." + " 7"))  # prompt and response, joined'
      : 'print(reward([{"role": "user", "content": "Name a prime."}, {"role": "assistant", "content": "7"}]))',
  ].join('\n')
}

/** The same with vLLM, which gets ids: its chat endpoint ends a sequence where the chat template ends it. */
export function vllmSnippet(reading: CardReading): string | null {
  if (!reading.opensInTransformers) return null
  return [
    'from vllm import LLM, PoolingParams',
    '',
    'llm = LLM(model=folder, runner="pooling", dtype="float32")',
    `prompts = [{"prompt_token_ids": ids_of(${argument(reading)})} for ${argument(reading)} in inputs]`,
    'outputs = llm.classify(prompts, pooling_params=PoolingParams(use_activation=False))',
    `rewards = [output.outputs.probs[0]${constant(reading)} for output in outputs]`,
  ].join('\n')
}

/** A program in JavaScript: RewardKit knows how the model reads its texts. */
export function rewardkitSnippet({ form }: CardReading): string {
  const [prompt, response] =
    form === 'text' ? ["'Name a prime.'", "' 7'"] : ["[{ role: 'user', content: 'Name a prime.' }]", "'7'"]
  return `import { RewardModel } from 'rewardkit'

const model = await RewardModel.load('.')
const [reward] = await model.score([{ prompt: ${prompt}, response: ${response} }])
console.log(reward)
await model.close()`
}

const argument = ({ form }: CardReading): string => (form === 'text' ? 'text' : 'messages')

const constant = ({ rewardConstant }: CardReading): string => (rewardConstant === 0 ? '' : ` + ${rewardConstant}`)

/** Lines of Python that make `ids`. */
function idsOf({ form, ending, end }: CardReading): string[] {
  const endText = JSON.stringify(end?.text ?? '')
  const asText = [`if not text.endswith(${endText}):`, `    text += ${endText}`, 'ids = tokenizer(text)["input_ids"]']
  switch (form) {
    case 'text':
      return asText
    case 'plain-form':
      return [
        'labels = {"user": "Human", "assistant": "Assistant", "system": "System"}',
        String.raw`turns = [f"\n\n{labels.get(one['role'], one['role'])}: {one['content']}" for one in messages]`,
        'text = "".join(turns)',
        ...asText,
      ]
    case 'template':
      return [
        'text = tokenizer.apply_chat_template(messages, tokenize=False)',
        'ids = tokenizer(text, add_special_tokens=False)["input_ids"]',
        ...(ending === null ? [] : endedAt(ending, end === null ? [] : [`ids.append(${end.id})`])),
      ]
  }
}

/** Cuts off what the chat template writes after its end token, or appends one where it writes none. */
function endedAt(
  { present, endIds, tail }: NonNullable<CardReading['ending']>,
  append: readonly string[],
): readonly string[] {
  if (!present) return append
  const ends = [...endIds].sort((a, b) => a - b)
  const isEnd = (index: number) =>
    `ids[-${index}] ${ends.length === 1 ? `== ${at(ends, 0)}` : `in (${ends.join(', ')})`}`
  const appended = append.map((line) => `    ${line}`)
  if (tail.length === 0) return append.length === 0 ? [] : [`if not ${isEnd(1)}:`, ...appended]
  return [
    `if ids[-${tail.length}:] == [${[...tail].join(', ')}] and ${isEnd(tail.length + 1)}:`,
    `    ids = ids[:-${tail.length}]  # the end token is the last one`,
    ...(append.length === 0 ? [] : ['else:', ...appended]),
  ]
}
