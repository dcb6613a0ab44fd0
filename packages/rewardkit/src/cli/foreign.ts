/** Options of other trainers, and of earlier versions, that do what one of ours does, and what to write here. */
export const foreignNames: Readonly<Record<string, string>> = {
  '--model-name-or-path': '--model',
  '--model-path': '--model',
  '--pretrain': '--model',
  '--dataset-name': '--data',
  '--dataset': '--data',
  '--train-data': '--data',
  '--eval-dataset': '--eval-data',
  '--output-dir': '--out',
  '--save-path': '--out',
  '--loss-type': '--objective',
  '--num-train-epochs': '--epochs',
  '--max-epochs': '--epochs',
  '--per-device-train-batch-size': '--batch-size (the whole effective batch; see also --micro-batch-tokens)',
  '--train-batch-size': '--batch-size',
  '--micro-train-batch-size': '--micro-batch-tokens (counted in tokens)',
  '--gradient-accumulation-steps': '--micro-batch-tokens (--batch-size is the whole effective batch)',
  '--max-len': '--max-length',
  '--max-seq-length': '--max-length',
  '--max-samples': '--limit',
  '--lr': '--learning-rate',
  '--lr-scheduler-type': '--schedule',
  '--lr-warmup-ratio': '--warmup-ratio',
  '--l2': '--weight-decay',
  '--adam-beta1': '--adam-betas A,B',
  '--adam-beta2': '--adam-betas A,B',
  '--max-norm': '--max-grad-norm',
  '--center-rewards-coefficient': '--reward-centering',
  '--bf16': '--dtype bfloat16',
  '--torch-dtype': '--dtype',
  '--save-steps': '--save-every',
  '--eval-steps': '--eval-every',
  '--resume-from-checkpoint': '--resume',
  '--load-checkpoint': '--resume',
  '--overwrite-output-dir': '--overwrite',
  '--bad-lines': '--on-error',
  '--format': '--data-format',
  '--json': '--format json',
}

/** What an option known from elsewhere is called here, where it is one of `flags`; undefined for other names. */
export function ourNameFor(flag: string, flags: readonly string[]): string | undefined {
  const ours = foreignNames[flag]
  return flags.some((name) => name === ours?.split(' ')[0]) ? ours : undefined
}
