// The rooms of packages/rewardkit/src, in order: a room imports only from earlier rooms, types included. Those marked
// `planned` have their place before they have a folder.

/** @typedef {{ readonly name: string, readonly holds: string, readonly planned?: true }} Room */

/** @type {readonly Room[]} */
export const rooms = [
  { name: 'hub', holds: 'models and data sets of the Hugging Face hub, and their cache' },
  { name: 'data', holds: 'preference data of any layout as groups, and transforming data sets' },
  { name: 'simulate', holds: 'preference pairs whose true margins are known' },
  { name: 'tokens', holds: 'texts as token ids: tokenizers, chat templates, truncation, packing' },
  { name: 'objectives', holds: 'rewards of a batch in, loss and reward gradients out' },
  { name: 'statistics', holds: 'pure functions of rewards and margins: summaries, intervals, densities' },
  {
    name: 'analysis',
    holds: 'what the rewards of pairs show: accuracy, margins, calibration, baselines, confounds, verdicts',
  },
  { name: 'inspect', holds: 'what is in preference data, before anyone trains on them' },
  { name: 'models', holds: 'decoders with a reward head: configuration, weights, forward pass, saving' },
  { name: 'hidden-states', holds: 'the hidden states of frozen layers, kept on the disk' },
  { name: 'rewards', holds: 'opening a reward model, the rewards of data, the files of an evaluation' },
  {
    name: 'baselines',
    holds: 'what a reward model has to beat: a bag of words, the likelihood under a language model',
  },
  { name: 'cards', holds: 'the README.md of a saved model: its model card' },
  { name: 'train', holds: 'the training step, and a run from its options to its saved model' },
  { name: 'evaluate', holds: 'evaluating and scoring with a finished reward model' },
  {
    name: 'compare',
    holds: 'reward models on the same pairs: differences, tests, what the data could have shown',
  },
  { name: 'policies', holds: 'fine-tuning a policy, sampling from it, best of n', planned: true },
  { name: 'annotate', holds: 'judges that grade margins', planned: true },
  { name: 'reports', holds: 'run folders as an HTML page' },
  { name: 'experiments', holds: 'grids of runs: from a YAML file to cells, chosen rates and tables' },
  { name: 'quickstart', holds: 'all of it on an embedded example' },
  { name: 'thread', holds: 'the compute thread, and the jobs that run in it' },
  { name: 'library', holds: 'what a program imports from `rewardkit`' },
  { name: 'cli', holds: 'the `rewardkit` command' },
]

/** The same as CONTRIBUTING.md lists them. */
export const listOfRooms = () =>
  rooms.map(({ name, holds, planned }) => `- \`${name}\`${planned ? ' (planned)' : ''}: ${holds}`).join('\n')
