import { doctorReport, type DoctorCheck } from '@rewardkit/torch/setup'
import pc from 'picocolors'
import type { Event } from '../events.ts'
import { exitCodes } from './exit-codes.ts'
import { inCommandWords } from './words.ts'

/**
 * Prints what this machine offers, as lines or as JSON. With `model`, also checks that the folder, or model on the hub,
 * holds what it should and gives the rewards that were saved with it.
 * @returns the exit code: 1 if something that RewardKit needs is missing, or the model fails its check
 */
export async function doctor(
  options: { readonly model?: string | undefined; readonly json: boolean },
  print: (text: string) => void,
  onEvent: (event: Event) => void,
): Promise<number> {
  const report = await doctorReport()
  const modelChecks = options.model === undefined ? [] : await checkModel(options.model, report.ok, onEvent)
  const checks = [...report.checks, ...modelChecks]
  const ok = report.ok && modelChecks.every((check) => check.ok)
  if (options.json) print(JSON.stringify({ ...report, ok, checks }, null, 2))
  else for (const check of checks) print(formatCheck(check))
  return ok ? exitCodes.success : exitCodes.failure
}

/** In the compute thread, which needs what the other checks look for. */
async function checkModel(model: string, isReady: boolean, onEvent: (event: Event) => void): Promise<DoctorCheck[]> {
  if (!isReady) return [{ name: 'model', ok: false, found: model, problem: 'not checked: see the problems above' }]
  const { compute } = await import('./interruptible-job.ts')
  const checks = await compute('check', { model }, onEvent)
  return checks.map(({ problem, ...check }) => ({ ...check, ...(problem && { problem: inCommandWords(problem) }) }))
}

function formatCheck({ name, ok, found, problem }: DoctorCheck): string {
  const line = `${ok ? pc.green('ok     ') : pc.red('problem')}  ${name.padEnd(12)} ${found}`
  return problem === undefined ? line : `${line}\n${' '.repeat(9)}${problem}`
}
