// Which gains of the paper's Table 2 could its own test sizes have resolved? Writes docs/results/paper-power.md.
//
//   npx tsc -b && node bench/paper-power.mjs && npx prettier --write docs/results/paper-power.md
import { writeFileSync } from 'node:fs'
import { holm, mcnemarExact } from '../packages/rewardkit/dist/statistics/paired-tests.js'
import { detectableGain } from '../packages/rewardkit/dist/statistics/power.js'

/** @typedef {{ name: string, most: number, least: number, accuracies: number[][] }} DataSet */

const models = ['Pythia-410M', 'TinyLlama-1.1B-chat', 'Pythia-1.4B', 'Pythia-2.8B', 'Llama-7B-chat']

/**
 * Test pairs: the most that the paper and the published splits allow, and the least that is plausible. Then Table 2: for
 * each model the accuracy in percent of the baseline, and with the paper's method.
 *
 * @type {DataSet[]}
 */
const dataSets = [
  {
    name: 'HH',
    most: 8552,
    least: 2354,
    accuracies: [
      [58.92, 65.23],
      [69.42, 69.96],
      [67.59, 68.48],
      [68.4, 68.71],
      [71.68, 71.95],
    ],
  },
  {
    name: 'OASST1',
    most: 952,
    least: 952,
    accuracies: [
      [70.58, 73.06],
      [75.75, 76.84],
      [75.0, 76.72],
      [74.89, 76.83],
      [77.69, 78.34],
    ],
  },
  {
    name: 'WebGPT',
    most: 1958,
    least: 1429,
    accuracies: [
      [57.07, 58.09],
      [62.5, 63.54],
      [58.66, 59.48],
      [57.94, 60.04],
      [62.6, 63.32],
    ],
  },
  {
    name: 'SHP',
    most: 18_409,
    least: 18_409,
    accuracies: [
      [68.28, 69.53],
      [70.26, 70.59],
      [69.82, 70.19],
      [70.35, 70.9],
      [72.39, 72.59],
    ],
  },
  {
    name: 'Chatbot Arena',
    most: 3300,
    least: 2200,
    accuracies: [
      [62.53, 63.44],
      [66.2, 66.23],
      [65.05, 65.57],
      [64.38, 65.46],
      [67.67, 68.28],
    ],
  },
  {
    name: 'TLDR',
    most: 86_086,
    least: 33_100,
    accuracies: [
      [61.38, 61.74],
      [67.13, 67.24],
      [62.64, 63.64],
      [65.29, 65.92],
      [73.72, 73.87],
    ],
  },
]

/** @param {DataSet} dataSet @param {number} model */
function gainOf({ accuracies }, model) {
  const [before = NaN, after = NaN] = accuracies[model] ?? []
  return (after - before) / 100
}

const gains = models.flatMap((model, index) =>
  dataSets.map((dataSet) => ({ model, dataSet, gain: gainOf(dataSet, index) })),
)

/** Shares of pairs on which exactly one of the two models is right, after the least possible one: the gain itself. */
const discordantShares = [0.1, 0.2, 0.3]
const columns = ['the gain itself', '10 %', '20 %', '30 %']

/**
 * The p value of McNemar's exact test of the counts that a gain and a discordant share come to.
 *
 * @param {number} pairs @param {number} gain @param {number} share
 */
const pOf = (pairs, gain, share) =>
  mcnemarExact(Math.round((pairs * (share - gain)) / 2), Math.round((pairs * (share + gain)) / 2)).p

/** By column, then by gain. */
const found = [NaN, ...discordantShares].map((share) => {
  /** @param {'most' | 'least'} size */
  const of = (size) =>
    gains.map(({ dataSet, gain }) => pOf(dataSet[size], gain, Number.isNaN(share) ? Math.abs(gain) : share))
  const most = of('most')
  return { most, least: of('least'), corrected: holm(most) }
})

/** @param {number[]} values */
const count = (values) => values.filter((p) => p <= 0.05).length
/** @param {number} share */
const points = (share) => (100 * share).toFixed(2)
/** @param {number} value */
const n = (value) => value.toLocaleString('en-US')

/** @param {string[]} header @param {(string | number)[][]} rows */
const table = (header, rows) =>
  [header, header.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')

/**
 * Bold survives Holm's correction over all 30; a star is lost with the smallest plausible test set.
 *
 * @param {number} index @param {typeof found[number]} column
 */
function cell(index, { most, least, corrected }) {
  const [p = NaN, smallest = NaN, holmP = NaN] = [most[index], least[index], corrected[index]]
  const text = p < 0.001 ? '< 0.001' : String(Number(p.toPrecision(2)))
  if (p > 0.05) return text
  return `${holmP <= 0.05 ? `**${text}**` : text}${smallest > 0.05 ? ' \\*' : ''}`
}

const gainRows = gains.map(({ model, dataSet, gain }, index) => [
  `${model}, ${dataSet.name}`,
  `+${points(gain)}`,
  ...found.map((column) => cell(index, column)),
])

const countRows = [
  ['p at most 0.05', ...found.map(({ most }) => count(most))],
  ["and after Holm's correction over 30", ...found.map(({ corrected }) => count(corrected))],
  ['p at most 0.05 with the smallest test sets', ...found.map(({ least }) => count(least))],
]

/** By the test of the p values above, which is exact. @param {number} pairs @param {number} share */
const detectable = (pairs, share) => points(detectableGain(pairs, share) ?? NaN)

const detectableRows = dataSets.map((dataSet) => {
  const own = models.map((_, model) => gainOf(dataSet, model))
  const smallest = discordantShares.map((share) => detectable(dataSet.most, share))
  return [dataSet.name, ...smallest, points(Math.min(...own)), points(Math.max(...own))]
})

/**
 * Accuracies that no number of right pairs gives, whether they are rounded or cut to two decimals.
 *
 * @param {DataSet} dataSet
 */
function impossible({ accuracies, most }) {
  const shares = Array.from({ length: most + 1 }, (_, right) => (100 * right) / most)
  const written = shares.flatMap((share) => [share.toFixed(2), (Math.floor(share * 100 + 1e-9) / 100).toFixed(2)])
  return accuracies
    .flat()
    .map((accuracy) => accuracy.toFixed(2))
    .filter((accuracy) => !written.includes(accuracy))
}

/** @param {string} name */
function dataSetOf(name) {
  const dataSet = dataSets.find((one) => one.name === name)
  if (!dataSet) throw new RangeError(name)
  return dataSet
}

const [least, ten, twenty, thirty] = found.map(({ most }) => count(most))
const impossibleOasst = impossible(dataSetOf('OASST1'))
const oasstGains = models.map((_, model) => gainOf(dataSetOf('OASST1'), model))

const page = `# What the paper's test sets could have resolved

Table 2 of the paper has 30 gains, of five models on six data sets, without an interval or a test. Could test sets of that size have told these gains from chance? This page answers that without any run, by the code of [\`rewardkit compare\`](../compare.md). \`npx tsc -b && node bench/paper-power.mjs\` writes it.

## The question

Two models are compared on the same pairs. Only discordant pairs tell them apart: those on which exactly one of them is right. The paper does not say how many there were. A gain of 1 point may come from 1 % of the pairs, all in favour of the method. It may as well come from 15.5 % for the method and 14.5 % against it. So the table has four columns: the least share that is possible, which is the gain itself, and 10, 20 and 30 %. Each cell is the p value of McNemar's exact test of the counts that gain, share and test size come to.

Which column is likely? Two models that are right on 65 % of the pairs, independently of each other, would differ on 45 %. Models that share pre-training, seed and data differ on fewer, and we cannot tell how many fewer. In our quickstart (simulated pairs, a tiny model), Bradley-Terry and adaptive margin differ on 1.7 % of the pairs: 1.6 % for the former, 0.1 % for the latter (\`rewardkit quickstart\`, then \`rewardkit compare runs/quickstart/bradley-terry runs/quickstart/adaptive-margin\`). That is close to the first column. Real labels are noisier, and real models have more to disagree on. \`agreement\` in \`comparison.json\` has the share for any two runs.

## The sizes

| data set | test pairs | source | what is open |
| --- | ---: | --- | --- |
| HH | ${n(dataSetOf('HH').most)} | the standard test files of all four folders | the paper does not say which folders; helpful-base alone has ${n(dataSetOf('HH').least)} |
| OASST1 | ${n(dataSetOf('OASST1').most)} | section 6.1 of the paper | nothing |
| WebGPT | ${n(dataSetOf('WebGPT').most)} | 10 % (section 6.1) of the 19,578 comparisons of its card | about 27 % are ties; without them ${n(dataSetOf('WebGPT').least)} |
| SHP | ${n(dataSetOf('SHP').most)} | the standard test split | whether pairs were filtered by their score ratio |
| Chatbot Arena | ${n(dataSetOf('Chatbot Arena').most)} | 10 % (section 6.1) of its 33,000 conversations | ties; we assume at most a third, which leaves ${n(dataSetOf('Chatbot Arena').least)} |
| TLDR | ${n(dataSetOf('TLDR').most)} | the standard validation split: 83,802 of Reddit posts and 2,284 of news articles | a common mirror has validation splits of its own; the smallest has about ${n(dataSetOf('TLDR').least)} |

The table uses the largest size, which is most generous to the paper. A star marks what the smallest size takes away.

## The gains

p values of McNemar's exact test, by the assumed share of discordant pairs. Those in bold stay at most 0.05 after Holm's correction over all 30.

${table(['model, data set', 'gain', ...columns], gainRows)}

How many of the 30:

${table(['', ...columns], countRows)}

The smallest true gain, in points, that McNemar's exact test finds four times out of five with the largest test set. Beside it are the smallest and the largest gain of Table 2:

${table(['data set', ...columns.slice(1), 'smallest gain', 'largest gain'], detectableRows)}

## What this says

- If models differed on no more pairs than they had to, ${least} of the 30 gains are beyond chance. This is the most favourable case that there is.
- At 10 % discordant pairs ${ten} of 30 have a p value of at most 0.05, at 20 % ${twenty}, at 30 % ${thirty}. Four gains hold up to 20 % after correction: those of Pythia-410M on HH and SHP, and those of Pythia-1.4B and Pythia-2.8B on TLDR.
- OASST1, WebGPT and Chatbot Arena have too few test pairs for most of what is claimed there. At 20 %, the test set of OASST1 finds gains of ${detectable(dataSetOf('OASST1').most, 0.2)} points and more; the largest in Table 2 is ${points(Math.max(...oasstGains))}.
- All 30 gains are positive, which counts for more than each of them. If the method did nothing and the gains were independent, this would happen once in a billion times. But they are not independent: the five models of a data set share its training pairs and its test pairs. So they count for far fewer than 30 observations.
- Nothing here knows of training noise. Each cell of Table 2 is one run, as far as the paper says. Another seed gives another accuracy, and a gain that is beyond chance for these two models need not be one of the method. \`rewardkit compare\` takes several seeds for that reason.
- Several pairs of one prompt count as independent here. SHP and TLDR have many pairs for each post, so their p values are probably too small.

One thing does not fit. Of the ten accuracies on OASST1 ${impossibleOasst.length} (${impossibleOasst.join(', ')}) are not a share of ${dataSetOf('OASST1').most} pairs, whether rounded or cut to two decimals. They may be means over batches, or come from another number of pairs.
`

writeFileSync(new URL('../docs/results/paper-power.md', import.meta.url), page)
