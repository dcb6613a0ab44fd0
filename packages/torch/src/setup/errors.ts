/** Set-up cannot go on or has not been done: one line that says what is wrong and the remedy. */
export class SetupError extends Error {
  override name = 'SetupError'
}
