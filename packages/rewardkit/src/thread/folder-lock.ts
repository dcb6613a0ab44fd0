import { rmdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Lock, lockState, type LockState, takeLock } from '@rewardkit/torch/setup'
import { FailureError, InputError } from '../errors.ts'
import { type Event, warning } from '../events.ts'
import { writeError } from '../files.ts'
import { lockFile, makeFolder } from '../folders.ts'
import { option, phrase, settings } from '../phrase.ts'
import { calibratedFolder } from '../rewards/calibration-file.ts'
import type { JobName, JobOptions } from './worker.ts'

/** The folder that a job writes into, and one beside it that nobody may be writing into. */
interface Place {
  readonly out: string
  /** The option that names it, `out` where it is not said. */
  readonly named?: string
  readonly takeOver: boolean
  readonly beside?: string
}

/**
 * The folders of jobs that have one. A run writes its evaluation into a folder below its own; you can also
 * write an evaluation there, while other evaluations of the run may be in progress.
 */
const places: { readonly [Name in JobName]?: (options: JobOptions<Name>) => Place | null } = {
  train: ({ options: { out, takeOver } }) => ({ out, takeOver, beside: join(out, 'evaluation') }),
  evaluate: ({ options: { out, takeOver } }) => ({ out, takeOver, beside: dirname(resolve(out)) }),
  calibrate: ({ options: { model, takeOver } }) => {
    const out = calibratedFolder(model)
    return { out, named: 'model', takeOver, beside: dirname(resolve(out)) }
  },
  evaluateRewards: ({ out, takeOver }) => (out === undefined ? null : { out, takeOver, beside: dirname(resolve(out)) }),
  quickstart: ({ out, takeOver }) => ({ out, takeOver }),
}

/**
 * Reserves the folder that a job writes into for this process until the lock is released. A missing folder is created,
 * and removed again if nothing was written into it. Null for a job without a folder.
 * @throws InputError if another process works in it, or if it cannot be written
 */
export function lockFolder<Name extends JobName>(
  name: Name,
  options: JobOptions<Name>,
  hooks: { readonly onEvent: (event: Event) => void; readonly onLost: (error: FailureError) => void },
): Lock | null {
  const place = places[name]?.(options)
  if (!place) return null
  const { out, takeOver, beside } = place
  const made = attempt(place, () => makeFolder(out))
  const removeMade = () => made.toReversed().forEach(removeIfEmpty)
  try {
    const { lock, from } = attempt(place, () =>
      takeLock(join(out, lockFile), {
        takeOver,
        onLost: (holder: string) =>
          hooks.onLost(new FailureError(`${out} was taken over by ${holder} while this process was silent`)),
      }),
    )
    if (!lock) throw refusal(place, out, from)
    const release = () => {
      lock.release()
      removeMade()
    }
    const other = beside === undefined ? null : lockState(join(beside, lockFile))
    if (beside !== undefined && other && other.state !== 'ended' && !(other.state === 'silent' && takeOver)) {
      release()
      throw refusal(place, beside, other)
    }
    if (from) hooks.onEvent(warning(`${out} was left locked by ${from.holder}; taken over`))
    return { release }
  } catch (error) {
    removeMade()
    throw error
  }
}

function refusal({ out, named = 'out' }: Place, folder: string, { state, holder }: LockState): InputError {
  const found = folder === out ? phrase`${option(named)} ${out}` : phrase`${option(named)} ${out}: ${folder}`
  return new InputError(phrase`${found} is in use by ${holder}`, {
    remedy:
      state === 'live'
        ? 'wait until it ends, or name another folder'
        : phrase`give ${settings({ takeOver: true })} if it has ended, or name another folder`,
  })
}

function attempt<Result>({ out, named = 'out' }: Place, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const known = error instanceof InputError || error instanceof FailureError ? error : writeError(out, error)
    if (!(known instanceof InputError)) throw known
    const reason = known.about?.kind === 'unwritable' ? known.about.reason : known.phrases.problem
    throw new InputError(phrase`${option(named)} ${out} cannot be written: ${reason}`, {
      remedy: known.remedy,
      cause: error,
    })
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // something is in it, or it is gone
  }
}
