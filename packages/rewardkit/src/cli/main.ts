import { RewardKitError, wholePhrase } from '../errors.ts'
import { exitCodes } from './exit-codes.ts'
import { visible } from '../visible.ts'
import { runCommandLine } from './program.ts'
import { inCommandWords } from './words.ts'

/** Errors that are reported by their message alone. Others are bugs in RewardKit and say how to see more. */
const expectedNames = ['SetupError', 'TorchError', 'SafetensorsError']

// A closed pipe (| head) is not an error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.success)
    if (stream === process.stdout) console.error(`rewardkit: standard output cannot be written: ${error.message}`)
    process.exit(exitCodes.failure)
  })
}

process.exitCode = await runCommandLine(process.argv.slice(2)).catch(explain)

/** Prints an error in one line and returns the exit code. */
function explain(error: unknown): number {
  if (process.env['REWARDKIT_DEBUG'] === '1') console.error(error)
  const message = visible(messageOf(error))
  if (error instanceof RewardKitError && error.code === 'interrupted') {
    console.error(`rewardkit: ${message}`)
    return exitCodes.interrupted
  }
  const isExpected =
    (error instanceof RewardKitError && error.code !== 'unexpected') ||
    (error instanceof Error && expectedNames.includes(error.name))
  const more = isExpected ? '' : ' (unexpected; REWARDKIT_DEBUG=1 shows where)'
  console.error(`rewardkit: ${message.replaceAll(/\s*\n\s*/g, ' ')}${more}`)
  return error instanceof RewardKitError && error.code === 'invalid-input' ? exitCodes.input : exitCodes.failure
}

function messageOf(error: unknown): string {
  if (error instanceof RewardKitError) return inCommandWords(wholePhrase(error.phrases))
  return error instanceof Error ? error.message : String(error)
}
