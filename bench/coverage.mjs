// Simulates how often 95 % intervals cover the truth, and how often tests at 5 % reject a true hypothesis. Prints the
// tables of docs/statistics.md. About 10 minutes on one core; it uses no libtorch.
//
//   node bench/coverage.mjs [intervals] [tests] [correlations] [families] [shape] [--trials 10000]
//
// Without a name it runs all. Intervals take 2,000 trials, tests 10,000 and the shape of distributions 500, which
// gives standard errors of 0.5, 0.2 and 1.0 points; --trials replaces all of them. Each table has the same seed.
import { parseArgs } from 'node:util'
import { createRandom } from '../packages/rewardkit/dist/random.js'
import {
  correlationInterval,
  correlationTest,
  partialCorrelation,
  pearson,
  spearman,
} from '../packages/rewardkit/dist/statistics/correlations.js'
import { crossedBootstrap, crossedEstimate } from '../packages/rewardkit/dist/statistics/crossed.js'
import {
  clusteredEstimate,
  clusteredMean,
  clusteredQuantiles,
  clusteredShare,
  clusteredShareDifference,
  intervalOf,
  shareDifferenceEstimate,
} from '../packages/rewardkit/dist/statistics/intervals.js'
import { jonckheere, kendallTauB } from '../packages/rewardkit/dist/statistics/kendall.js'
import { equivalenceTest, holm, mcnemarExact } from '../packages/rewardkit/dist/statistics/paired-tests.js'
import { shapeIntervals } from '../packages/rewardkit/dist/statistics/shape.js'
import { signFlipTest } from '../packages/rewardkit/dist/statistics/sign-flips.js'

/** @typedef {import('../packages/rewardkit/dist/statistics/types.js').Interval} Interval */
/** @typedef {import('../packages/rewardkit/dist/statistics/clusters.js').Clusters} Clusters */
/** @typedef {{ readonly pairs: number, readonly size: number, readonly clusters: Clusters }} Design */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { trials: { type: 'string' } },
})
/** @param {number} usual */
const trialsOf = (usual) => (options.trials === undefined ? usual : Number(options.trials))

let random = createRandom(1, 'coverage')
/** Correlation of two pairs of one prompt. */
const correlation = 0.3

/**
 * @param {number} pairs
 * @param {number} size pairs of each prompt
 * @returns {Design}
 */
const design = (pairs, size) => ({
  pairs,
  size,
  clusters: { of: Int32Array.from({ length: pairs }, (_, pair) => Math.floor(pair / size)), count: pairs / size },
})
const alone = design(400, 1)
const ten = design(400, 10)
const designs = [alone, ten, design(4000, 10)]

/** @param {Design} design */
const words = ({ pairs, size }) => `${pairs} pairs of ${pairs / size} prompts`

/**
 * Draws of which two of one prompt have the correlation above: each is its prompt's with a chance of its root.
 * @param {Design} design
 * @param {() => number} draw
 */
function column({ pairs, size }, draw) {
  let common = 0
  return Float64Array.from({ length: pairs }, (_, pair) => {
    if (pair % size === 0) common = draw()
    return size > 1 && random.uniform() < Math.sqrt(correlation) ? common : draw()
  })
}

/**
 * Normal values with that correlation.
 * @param {Design} design
 */
function normals({ pairs, size }) {
  let common = 0
  return Float64Array.from({ length: pairs }, (_, pair) => {
    if (pair % size === 0) common = random.normal()
    return size > 1 ? Math.sqrt(correlation) * common + Math.sqrt(1 - correlation) * random.normal() : random.normal()
  })
}

/** @param {number} share */
const coin = (share) => () => (random.uniform() < share ? 1 : 0)
/**
 * The difference of two models on a pair: 1 where only the second is right, -1 where only the first is.
 * @param {number} onlySecond
 * @param {number} onlyFirst
 */
const difference = (onlySecond, onlyFirst) => () => {
  const drawn = random.uniform()
  return drawn < onlySecond ? 1 : drawn < onlySecond + onlyFirst ? -1 : 0
}
const gumbel = () => -Math.log(-Math.log(1 - random.uniform()))
const exponential = () => -Math.log(1 - random.uniform())
const gamma = (/** @type {number} */ count) => {
  let sum = 0
  for (let i = 0; i < count; i++) sum += exponential()
  return sum
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`

/** @param {readonly (readonly string[])[]} rows */
const print = (rows) => {
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}

/** @param {readonly string[]} columns */
const heading = (...columns) => print([columns, columns.map(() => '---')])

/**
 * How often intervals cover, and how often the truth is below and above them.
 * @param {number} trials
 * @param {number} truth
 * @param {() => Interval} interval
 */
function coverage(trials, truth, interval) {
  let [below, above] = [0, 0]
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = interval()
    if (!(low <= truth)) below++
    else if (!(truth <= high)) above++
  }
  return [percent(1 - (below + above) / trials), `${percent(below / trials)}, ${percent(above / trials)}`]
}

/**
 * How often p values are at most 0.05.
 * @param {number} trials
 * @param {(trial: number) => readonly number[]} ps
 */
function sizes(trials, ps) {
  /** @type {number[]} */
  const rejected = []
  for (let trial = 0; trial < trials; trial++)
    ps(trial).forEach((p, i) => (rejected[i] = (rejected[i] ?? 0) + (p <= 0.05 ? 1 : 0)))
  return rejected.map((count) => percent(count / trials))
}

/**
 * Seeds x prompts of one arm: a seed's and a prompt's own effect, and noise.
 * @param {number} seeds
 * @param {Design} one
 * @param {number} ofSeeds standard deviation between seeds; that of the noise of a pair is 1
 */
function arm(seeds, one, ofSeeds) {
  const shared = normals(one)
  return Array.from({ length: seeds }, () => {
    const own = ofSeeds * random.normal()
    return shared.map((value) => value + own + random.normal())
  })
}

function intervals() {
  const trials = trialsOf(2000)
  heading('interval', 'data', 'pairs', 'covers', 'truth below, above')
  for (const one of designs) {
    const { clusters } = one
    /** @type {[string, string, number, () => Interval][]} */
    const rows = [
      ['accuracy', '60 %', 0.6, () => clusteredShare(column(one, coin(0.6)), clusters)],
      ['accuracy', '95 %', 0.95, () => clusteredShare(column(one, coin(0.95)), clusters)],
      ['mean', 'normal', 0, () => clusteredMean(normals(one), clusters)],
      ['mean', 'exponential', 1, () => clusteredMean(column(one, exponential), clusters)],
      [
        'accuracy difference',
        '6 % against 4 % discordant',
        0.02,
        () => clusteredShareDifference(column(one, difference(0.06, 0.04)), clusters),
      ],
      [
        'accuracy difference',
        '20 % against 10 % discordant',
        0.1,
        () => clusteredShareDifference(column(one, difference(0.2, 0.1)), clusters),
      ],
      ['median', 'exponential', Math.LN2, () => quantileOf(column(one, exponential), clusters, 0.5)],
      ['90 % quantile', 'normal', 1.2815515655446004, () => quantileOf(normals(one), clusters, 0.9)],
    ]
    for (const [name, data, truth, interval] of rows)
      print([[name, data, words(one), ...coverage(trials, truth, interval)]])
  }
  for (const one of [alone, ten]) {
    const related = () => {
      const x = normals(one)
      const y = normals(one)
      return [x, x.map((value, i) => 0.5 * value + Math.sqrt(0.75) * (y[i] ?? NaN))]
    }
    const [rho, tau] = [(6 / Math.PI) * Math.asin(0.25), 1 / 3]
    const measured = (/** @type {typeof spearman} */ measure) => () => {
      const [x = [], y = []] = related()
      return correlationInterval(measure(x, y), one.clusters)
    }
    print([
      ["Spearman's correlation", 'normal, 0.48', words(one), ...coverage(trials, rho, measured(spearman))],
      ["Kendall's tau-b", 'normal, 0.33', words(one), ...coverage(trials, tau, measured(kendallTauB))],
    ])
  }
  for (const seeds of [3, 5, 10])
    for (const ofSeeds of [0.05, 0.3]) {
      const arms = () => ({
        first: arm(seeds, ten, ofSeeds),
        second: arm(seeds, ten, ofSeeds),
        clusters: ten.clusters,
        isPaired: false,
      })
      const data = `${seeds} seeds an arm, sd ${ofSeeds} between seeds`
      print([
        [
          'difference over seeds, t',
          data,
          words(ten),
          ...coverage(trials, 0, () => intervalOf(crossedEstimate(arms()))),
        ],
        [
          'difference over seeds, bootstrap',
          data,
          words(ten),
          ...coverage(trials / 4, 0, () => crossedBootstrap(arms(), { draws: 199, seed: random.bits() })),
        ],
      ])
    }
}

/**
 * @param {Float64Array} values
 * @param {Clusters} clusters
 * @param {number} share
 */
function quantileOf(values, clusters, share) {
  const [interval] = clusteredQuantiles(values, clusters, [share])
  if (!interval) throw new Error('no interval')
  return interval
}

function tests() {
  const trials = trialsOf(10_000)
  heading('test', 'data', 'pairs', 'p at most 0.05', 'mid p at most 0.05')
  for (const discordant of [0.1, 0.3]) {
    const data = `${percent(discordant)} discordant`
    const mcnemar = sizes(trials, () => {
      const drawn = column(alone, difference(discordant / 2, discordant / 2))
      const { p, mid_p } = mcnemarExact(drawn.filter((d) => d < 0).length, drawn.filter((d) => d > 0).length)
      return [p, mid_p]
    })
    print([['McNemar, exact', data, words(alone), ...mcnemar]])
    for (const one of designs) {
      const flips = sizes(trials, (trial) => {
        const drawn = column(one, difference(discordant / 2, discordant / 2))
        const { p, mid_p } = signFlipTest(drawn, one.clusters, { draws: 999, seed: trial })
        return [p, mid_p]
      })
      print([['sign flips', data, words(one), ...flips]])
    }
  }
  for (const one of [alone, ten]) {
    const flips = sizes(trials, (trial) => {
      const { p, mid_p } = signFlipTest(normals(one), one.clusters, { draws: 999, seed: trial })
      return [p, mid_p]
    })
    print([['sign flips', 'normal differences', words(one), ...flips]])
  }
  for (const one of designs) {
    const accuracy = sizes(trials, () => {
      const drawn = column(one, difference(0.06, 0.04))
      return [equivalenceTest(shareDifferenceEstimate(drawn, one.clusters), 0.02).p]
    })
    const means = sizes(trials, () => {
      const drawn = normals(one).map((value) => value + 0.2)
      return [equivalenceTest(clusteredEstimate(drawn, one.clusters), 0.2).p]
    })
    print([
      ['equivalence, at its bound', '6 % against 4 % discordant', words(one), ...accuracy, ''],
      ['equivalence, at its bound', 'normal, mean 0.2', words(one), ...means, ''],
    ])
  }
}

function correlations() {
  const trials = trialsOf(10_000)
  heading('test', 'data', 'pairs', 'p at most 0.05', 'mid p at most 0.05')
  for (const one of [alone, ten]) {
    /** @type {[string, (x: Float64Array, y: Float64Array) => import('../packages/rewardkit/dist/statistics/correlations.js').Correlation][]} */
    const measures = [
      ["Spearman's correlation", spearman],
      ["Kendall's tau-b", kendallTauB],
      [
        "Pearson's, given a third column",
        (x, y) => {
          const z = normals(one)
          const [u, v] = [x, y].map((values) => values.map((value, i) => value + (z[i] ?? NaN)))
          if (!u || !v) throw new Error('two columns')
          return partialCorrelation(pearson(u, v), pearson(u, z), pearson(v, z))
        },
      ],
    ]
    for (const [name, measure] of measures) {
      const found = sizes(trials, (trial) => {
        const { p, mid_p } = correlationTest(measure(normals(one), normals(one)), one.clusters, {
          draws: 999,
          seed: trial,
        })
        return [p, mid_p]
      })
      print([[`${name}, against 0`, 'normal', words(one), ...found]])
    }
  }
  const trend = sizes(trials, () => [
    jonckheere(
      normals(alone),
      column(alone, () => Math.floor(4 * random.uniform())),
    ).p,
  ])
  print([['Jonckheere', '4 grades', words(alone), ...trend, '']])
}

function families() {
  const trials = trialsOf(10_000)
  heading('rejected', 'data', 'pairs', 'without', 'with Holm')
  const family = sizes(trials, () => {
    const ps = Array.from({ length: 5 }, () => {
      const drawn = column(alone, difference(0.1, 0.1))
      return mcnemarExact(drawn.filter((d) => d < 0).length, drawn.filter((d) => d > 0).length).mid_p
    })
    return [Math.min(...ps), Math.min(...holm(ps))]
  })
  print([['any of 5 true hypotheses', '20 % discordant', words(alone), ...family]])
}

function shape() {
  const trials = trialsOf(500)
  /** @type {[string, () => number, number, number, number, number][]} Its mean, sd, skewness and excess kurtosis. */
  const distributions = [
    ['normal', () => random.normal(), 0, 1, 0, 0],
    ['uniform', () => random.uniform(), 0.5, Math.sqrt(1 / 12), 0, -1.2],
    [
      'logistic',
      () => {
        const u = random.uniform()
        return Math.log((u + 1e-300) / (1 - u))
      },
      0,
      Math.PI / Math.sqrt(3),
      0,
      1.2,
    ],
    ['Gumbel', gumbel, 0.5772156649015329, Math.PI / Math.sqrt(6), 1.1395470994046486, 2.4],
    ['gamma, shape 4', () => gamma(4), 4, 2, 1, 1.5],
    ['exponential', exponential, 1, 1, 2, 6],
    [
      "Student's t, 9 degrees",
      () => random.normal() / Math.sqrt((2 * gamma(4) + random.normal() ** 2) / 9),
      0,
      Math.sqrt(9 / 7),
      0,
      1.2,
    ],
  ]
  heading('distribution', 'pairs', 'sd', 'mean / sd', 'skewness', 'excess kurtosis')
  for (const one of [alone, ten])
    for (const [name, draw, mean, sd, skewness, kurtosis] of distributions) {
      const truth = { standardDeviation: sd, meanOverStandardDeviation: mean / sd, skewness, excessKurtosis: kurtosis }
      const names = /** @type {(keyof typeof truth)[]} */ (Object.keys(truth))
      const covered = names.map(() => 0)
      for (let trial = 0; trial < trials; trial++) {
        const found = shapeIntervals(column(one, draw), one.clusters, { draws: 399, seed: trial })
        names.forEach((statistic, i) => {
          const { low, high } = found[statistic]
          if (low <= truth[statistic] && truth[statistic] <= high) covered[i] = (covered[i] ?? 0) + 1
        })
      }
      print([[name, words(one), ...covered.map((count) => percent(count / trials))]])
    }
}

const groups = { intervals, tests, correlations, families, shape }
for (const [name, run] of Object.entries(groups))
  if (positionals.length === 0 || positionals.includes(name)) {
    console.log(`\n${name}\n`)
    random = createRandom(1, 'coverage')
    run()
  }
