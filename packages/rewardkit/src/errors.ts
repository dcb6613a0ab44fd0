/**
 * A mistake in what the user gave (a file, a record, an option), told in one line: what was found, what was expected
 * and the remedy. The command prints the message alone and exits with 2.
 */
export class InputError extends Error {
  override name = 'InputError'
}

/** Something failed that is not the input's fault (a full disk, a numerical failure). Exit code 1, one line. */
export class FailureError extends Error {
  override name = 'FailureError'
}

/** Long work was asked to stop and did, leaving everything that was finished intact. Exit code 130. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}
