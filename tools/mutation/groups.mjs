/** What is mutated, and the tests that must notice. */
export const groups = [
  {
    name: 'objectives',
    mutate: ['packages/rewardkit/src/objectives/!(*.test|index).ts', 'packages/rewardkit/src/logistic.ts'],
    tests: ['packages/rewardkit/src/objectives/*.test.ts', 'packages/rewardkit/src/logistic.test.ts'],
  },
  {
    name: 'step',
    mutate: ['packages/rewardkit/src/train/step.ts'],
    tests: ['packages/rewardkit/src/train/step-by-hand.test.ts'],
  },
  {
    name: 'pack',
    mutate: ['packages/rewardkit/src/tokens/pack.ts'],
    tests: ['packages/rewardkit/src/tokens/pack.test.ts'],
  },
  {
    name: 'truncate',
    mutate: ['packages/rewardkit/src/tokens/{truncate,cut-conversation,cut-text,cuts}.ts'],
    tests: ['packages/rewardkit/src/tokens/cut*.test.ts'],
  },
  {
    name: 'statistics',
    mutate: ['packages/rewardkit/src/statistics/{statistics,intervals,distributions,clusters}.ts'],
    tests: ['packages/rewardkit/src/statistics/{statistics,intervals,distributions}.test.ts'],
  },
  {
    name: 'tests',
    mutate: ['packages/rewardkit/src/statistics/{sign-flips,paired-tests,bootstrap,crossed,power,shape}.ts'],
    tests: ['packages/rewardkit/src/statistics/{paired-tests,bootstrap,crossed,power,shape}.test.ts'],
  },
  {
    name: 'correlations',
    mutate: ['packages/rewardkit/src/statistics/{correlations,kendall,distinct,ranks}.ts'],
    tests: ['packages/rewardkit/src/statistics/{correlations,ranks}.test.ts'],
  },
  {
    name: 'clipping',
    mutate: ['packages/torch/src/optimizer.ts'],
    tests: ['packages/torch/src/optimizer.test.ts'],
  },
]
