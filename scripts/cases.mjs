/**
 * A use of the command on an input of the folder of cases. In `args`, OUT means a new path.
 * @typedef {object} Case
 * @property {string} args
 * @property {number} [code] exit code, 0 by default
 * @property {readonly RegExp[]} [says] what must be printed
 * @property {readonly RegExp[]} [silentOn] what must not be printed
 * @property {readonly RegExp[]} [writes] what OUT.jsonl must hold
 */

/** @type {(data: string, model: string, more?: string) => string} */
const train = (data, model, more = '') =>
  `train --model models/${model} --data ${data} --batch-size 2 --max-steps 1 --threads 1 --dtype float32 ${more} --out OUT`
/** @type {(data: string, model: string, more?: string) => string} */
const evaluate = (data, model, more = '') =>
  `evaluate --model models/${model} --data ${data} --threads 1 ${more} --out OUT`
/** @type {(data: string, model: string, more?: string) => string} */
const score = (data, model, more = '') =>
  `score --model models/${model} --data ${data} --threads 1 ${more} --out OUT.jsonl`
/** @type {(data: string, more?: string) => string} */
const convert = (data, more = '') => `data convert ${data} ${more} --to pairs --out OUT.jsonl`

/** @type {readonly Case[]} */
export const casesToCheck = [
  // Fields of messages beside role and content, tools (1, 19, 20, 22, 23).
  {
    args: train('e01-toolcalls-empty-content.jsonl', 'toolcalltpl'),
    says: [/<tool>weather/],
    silentOn: [/empty_response|identical/],
  },
  { args: train('d14-tool-calls.jsonl', 'toolcalltpl'), says: [/<tool>weather/] },
  { args: train('d29-reasoning.jsonl', 'toolcalltpl'), says: [/<think>/] },
  { args: convert('d29-reasoning.jsonl'), writes: [/"reasoning_content":"two and two"/, /"thinking":"guess"/] },
  { args: train('d15-name.jsonl', 'toolcalltpl'), says: [/name/] },
  { args: train('n20-tools-col.jsonl', 'toolcalltpl'), says: [/tools/] },
  { args: train('d13-parts.jsonl', 'toolcalltpl'), says: [/Rhine/] },
  { args: convert('k10-parts.parquet'), writes: [/"chosen"/] },
  { args: train('d21-empty-assistant.jsonl', 'toolcalltpl'), code: 2, says: [/empty_response: 3/] },
  { args: train('d31-user-last.jsonl', 'toolcalltpl'), says: [/user/] },
  { args: train('d16-roles.jsonl', 'ignoring'), says: [/developer/, /function/, /observation/, /--roles/] },
  // Texts for a chat model (2).
  { args: score('p01-score-text-vs-chat.jsonl', 'toolcalltpl'), says: [/--plain-texts messages/] },
  { args: evaluate('g01-prob-half.jsonl', 'toolcalltpl'), says: [/--plain-texts messages/] },
  // Other people's reward models, dates, heads (3, 4, 11).
  { args: evaluate('d21-empty-assistant.jsonl', 'chatml'), code: 2 },
  { args: evaluate('i01-some-fail-template.jsonl', 'chatml'), says: [/--pool/] },
  { args: evaluate('i01-some-fail-template.jsonl', 'chatml', '--pool template-end'), silentOn: [/--pool end/] },
  { args: evaluate('i01-some-fail-template.jsonl', 'strftime'), says: [/--template-date/] },
  { args: evaluate('i01-some-fail-template.jsonl', 'strftime', '--template-date 2024-07-26') },
  { args: train('i01-some-fail-template.jsonl', 'strftime', '--template-date 2024-07-26'), says: [/26 Jul 2024/] },
  { args: train('i01-some-fail-template.jsonl', 'lf-valuehead'), says: [/value_head\.safetensors/] },
  // Probabilities and ties (5).
  { args: train('g01-prob-half.jsonl', 'toolcalltpl'), says: [/0\.5|tie/] },
  { args: evaluate('t01-uf-ties.jsonl', 'toolcalltpl', '--ties half'), says: [/tie/] },
  // Rows that fail after they were read (7).
  { args: train('i01-some-fail-template.jsonl', 'noboth'), code: 2, says: [/line 2/, /System role not supported/] },
  { args: train('i01-some-fail-template.jsonl', 'noboth', '--on-error skip'), says: [/line 2/, /2 to train on/] },
  // Columns that look like the prompt (8, 21).
  { args: train('d10-alpaca.jsonl', 'toolcalltpl'), says: [/In Germany/] },
  { args: train('d30-system-col.jsonl', 'toolcalltpl'), says: [/system/] },
  { args: convert('d09-lf-sharegpt.jsonl'), writes: [/Name a river/] },
  { args: convert('d07-swift-messages.jsonl'), writes: [/Name a river/, /"rejected":.*Como/] },
  { args: convert('tables/sharegpt.jsonl'), writes: [/Guten Tag/] },
  // Conversations as JSON text (9).
  { args: train('d17-json-string.jsonl', 'toolcalltpl'), says: [/user: Name a river/] },
  { args: train('k11-json-str.parquet', 'toolcalltpl'), says: [/user: /] },
  // Truncation (10).
  {
    args: train('m03-system-long.jsonl', 'toolcalltpl', '--max-length 80'),
    says: [/Rhine/, /system turn/],
    silentOn: [/identical/],
  },
  // Numbers, surrogates, meta (12, 25, 32, 34).
  { args: convert('e03-bigint-meta.jsonl'), code: 2, says: [/field "y": found a number beyond/] },
  { args: convert('d19-surrogate.jsonl'), says: [/surrogate/], writes: [/\uFFFD/] },
  { args: convert('n09-meta-collide.jsonl'), writes: [/"x"/, /"y"/] },
  { args: convert('j19-pretty.json'), code: 2, says: [/jq -c/] },
  // Prompts that a system turn hides (24).
  { args: 'data leakage v01-two-systems-same-user.jsonl --against l03-leak-sys.jsonl', says: [/user turns?/] },
  // Company tables.
  {
    args: 'data inspect tables/ab-excel.csv',
    code: 2,
    says: [/--columns prompt=question a=answer_a b=answer_b choice=choice/],
  },
  {
    args: convert('tables/ab-excel.csv', '--columns prompt=question a=answer_a b=answer_b choice=choice'),
    says: [/1 tie/],
    writes: [/"chosen"/],
  },
  {
    args: convert('tables/ab-excel.csv', '--columns prompt=question chosen=answer_a rejected=answer_b'),
    says: [/choice/],
  },
  { args: convert('tables/ab-latin1.csv', '--columns prompt=question'), code: 2, says: [/--encoding latin1/] },
  {
    args: convert('tables/ab-latin1.csv', '--columns prompt=question --encoding latin1'),
    writes: [/Können Sie mir die Rückerstattung erklären/],
  },
  {
    args: convert('tables/stars.csv', '--columns prompt=user_message response=bot_answer rating=stars'),
    writes: [/"margin":/],
  },
  { args: convert('tables/thumbs.jsonl'), writes: [/"chosen"/] },
  {
    args: convert('tables/ranked-wide.csv', '--columns prompt=question responses=first,second,third,fourth'),
    writes: [/"chosen"/],
  },
  {
    args: convert('tables/ranked.jsonl', '--columns prompt=question responses=answers ranks=ranking'),
    writes: [/"chosen":"Das tut mir leid!/],
  },
  {
    args: convert(
      'tables/nested.jsonl',
      '--columns prompt=conversation.messages responses=candidates.answer.messages choice=feedback.winner --roles bot=assistant customer=user',
    ),
    writes: [/"chosen"/],
  },
]
