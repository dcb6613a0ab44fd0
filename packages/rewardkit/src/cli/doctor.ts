import { doctorReport, type DoctorCheck } from '@rewardkit/torch/setup'
import pc from 'picocolors'
import { InputError } from '../errors.ts'
import { exitCodes } from './exit-codes.ts'

/**
 * Prints what this machine offers and, with `model`, whether that folder can be read; as lines or as JSON.
 * @returns the exit code: 1 where something that running needs is missing
 */
export async function doctor(
  options: { readonly model?: string | undefined; readonly json: boolean },
  print: (text: string) => void,
): Promise<number> {
  const report = await doctorReport()
  const checks = options.model === undefined ? report.checks : [...report.checks, await checkModel(options.model)]
  const ok = checks.every((check) => check.ok || report.checks.includes(check)) && report.ok
  if (options.json) print(JSON.stringify({ ...report, ok, checks }, null, 2))
  else for (const check of checks) print(formatCheck(check))
  return ok ? exitCodes.success : exitCodes.failure
}

async function checkModel(path: string): Promise<DoctorCheck> {
  const [{ readModelConfig }, { loadTokenizer }, { modelFolder }] = await Promise.all([
    import('../models/config.ts'),
    import('../tokens/tokenizer.ts'),
    import('../models/model.ts'),
  ])
  try {
    const folder = modelFolder(path)
    const { family, layers, hiddenSize } = readModelConfig(folder).decoder
    await loadTokenizer(folder)
    return { name: 'model', ok: true, found: `${family}, ${layers} layers of ${hiddenSize}, in ${folder}` }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { name: 'model', ok: false, found: path, problem: error.message }
  }
}

function formatCheck({ name, ok, found, problem }: DoctorCheck): string {
  const line = `${ok ? pc.green('ok     ') : pc.red('problem')}  ${name.padEnd(12)} ${found}`
  return problem === undefined ? line : `${line}\n${' '.repeat(9)}${problem}`
}
