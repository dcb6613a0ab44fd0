import { basename } from 'node:path'
import { counted } from '../counted.ts'
import { baselineWords, verdictOf } from '../analysis/verdict.ts'
import type { Interval } from '../statistics/types.ts'
import type { CardData, CardFacts } from './card-facts.ts'
import { cardHeader, hubName, nameOfData } from './header.ts'
import { rewardkitSnippet, transformersSnippet, vllmSnippet } from './snippets.ts'

/**
 * The README.md of a saved reward model, which the hub shows as its card. It says what the model is, how well it ranks
 * and how certain that is. It also says what the model was trained on, how to use it, and what it cannot tell. Names are
 * data, not markup.
 */
export function modelCard(facts: CardFacts): string {
  const parts = [
    `# ${plain(facts.name)}`,
    introduction(facts),
    results(facts),
    training(facts),
    use(facts),
    limits(facts),
  ]
  return `---\n${cardHeader(facts)}---\n\n${parts.join('\n\n')}\n`
}

function introduction({ base, options, version }: CardFacts): string {
  const from = hubName(base.name) ?? basename(base.name)
  return `A reward model: it reads a prompt and a response and gives one number, which is higher for better responses. It was trained from ${code(from)} (${base.family}) with the objective ${code(String(options['objective']))} of RewardKit ${version}.`
}

function results({ evaluation, options, training: trained }: CardFacts): string {
  if (!evaluation) return '## Results\n\nNot evaluated: no pairs were held out.'
  const { summary, data } = evaluation
  const { sentences } = summary.verdict ?? verdictOf(summary)
  const baselines = baselineNames.flatMap((name) => {
    const result = summary.baselines?.[name]
    return result ? [[`${baselineWords[name]} (95 % interval)`, share(result.accuracy)]] : []
  })
  const where =
    data === null
      ? `${percent(Number(options['eval_fraction']))} % of the prompts of ${code(nameOfData(trained))}, held out`
      : code(nameOfData(data))
  const rows = [
    ['pairs', String(summary.pairs)],
    ['prompts', String(summary.prompts)],
    ['accuracy (95 % interval)', share(summary.accuracy)],
    ...baselines,
    ['ties, which count as wrong', String(summary.ties)],
    ['mean reward margin / standard deviation', figure(summary.reward_margin.mean_over_standard_deviation)],
    ['log loss (chance is 0.693)', figure(summary.log_loss)],
  ]
  return ['## Results', sentences.map(plain).join(' '), `On ${where}:`, table(['', ''], rows)].join('\n\n')
}

function training({ training: trained, options }: CardFacts): string {
  const dropped = Object.entries(trained.dropped).filter(([, count]) => count > 0)
  const left = dropped.map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`).join(', ')
  const names = [
    'objective',
    'train',
    'batch_size',
    'epochs',
    'learning_rate',
    'schedule',
    'warmup_steps',
    'weight_decay',
    'max_length',
    'truncation',
    'pool',
    'dtype',
    'seed',
  ]
  const settings = names.flatMap((name) => {
    const value = options[name]
    return value === undefined || value === null
      ? []
      : [[code(name), code(typeof value === 'string' ? value : JSON.stringify(value))]]
  })
  return [
    '## Training',
    `${counted(trained.pairs, 'pair')} in ${counted(trained.steps, 'step')}. ${counted(trained.read, 'pair')} were read${left === '' ? '' : ` and some left out: ${left}`}. ${cut(trained.truncated)}`,
    dataTable(trained),
    table(['option', 'value'], settings),
  ].join('\n\n')
}

/** How many prompts were truncated, as a sentence. */
function cut(count: number): string {
  if (count === 0) return 'Every prompt was read in full.'
  return `${counted(count, 'prompt')} did not fit and lost ${count === 1 ? 'a part' : 'parts'}.`
}

function dataTable({ sources }: CardData): string {
  const rows = sources.flatMap(({ name, origin, files }) =>
    files.map((file) => [
      code(typeof origin?.['repository'] === 'string' ? origin['repository'] : basename(name)),
      code(basename(file.name)),
      code(file.sha256),
      typeof origin?.['licence'] === 'string' ? plain(origin['licence']) : 'not stated',
    ]),
  )
  return table(['data', 'file', 'SHA-256', 'licence'], rows)
}

function use({ reading }: CardFacts): string {
  const transformers = transformersSnippet(reading)
  const vllm = vllmSnippet(reading)
  const inPython =
    transformers === null || vllm === null
      ? ['transformers and vLLM have no class for its `mlp` head: use RewardKit.']
      : [
          'With transformers. The sequence must end at the end token, where the reward is read:',
          block('python', transformers),
          'With vLLM, which gets the ids of `ids_of` above (not tested: we had no machine that runs it):',
          block('python', vllm),
        ]
  return [
    '## Use',
    'With RewardKit, which reads texts as in training:',
    block('js', rewardkitSnippet(reading)),
    ...inPython,
  ].join('\n\n')
}

function limits({ reading, evaluation }: CardFacts): string {
  const lines = [
    'Rewards have no unit and no zero. Compare them only between responses to one prompt.',
    `It reads at most ${reading.maxLength} tokens of prompt and response.`,
    'It has learned the preferences of its training data, with their errors and their taste, such as for length or format. On other prompts, languages or kinds of responses it was not measured.',
    'A policy that is trained against it will find responses that it likes and people do not.',
    ...(evaluation
      ? ['The intervals are about the choice of test prompts. One training run says nothing about training noise.']
      : []),
  ]
  return `## Limits\n\n${lines.map((line) => `- ${line}`).join('\n')}`
}

const baselineNames = ['longer_wins', 'bag_of_words', 'log_likelihood', 'log_likelihood_per_token'] as const

const percent = (value: number): string => (100 * value).toFixed(1)
const share = ({ value, low, high }: Interval): string => `${percent(value)} % (${percent(low)} to ${percent(high)})`
const figure = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : 'undefined')

const block = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text between backquotes: nothing in it is markup, and it stays on its line and in its cell. */
function code(text: string): string {
  return `\`${text.replaceAll(/[`\r\n|]/g, '_')}\``
}

/** Text whose characters cannot be markup. */
function plain(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[\\`*_[\]<>|#&]/g, String.raw`\$&`)
}
