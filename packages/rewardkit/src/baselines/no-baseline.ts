/** What `--baseline-data` and `--baseline-model` take to leave a baseline out. */
export const noBaseline = 'none'
