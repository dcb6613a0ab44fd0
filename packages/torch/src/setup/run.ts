import { spawn } from 'node:child_process'

export interface RunResult {
  /** Null where the program could not be started or was stopped. */
  code: number | null
  stdout: string
  stderr: string
}

/**
 * Runs a program to its end and never throws: what cannot be started has code null and the reason in `stderr`.
 * @param options.onOutput called with each piece of either stream, for progress
 */
export function run(
  command: string,
  programArguments: readonly string[],
  options: { environment?: NodeJS.ProcessEnv; milliseconds?: number; onOutput?: (text: string) => void } = {},
): Promise<RunResult> {
  return new Promise((settle) => {
    const child = spawn(command, programArguments, {
      env: options.environment ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.milliseconds && { timeout: options.milliseconds }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      options.onOutput?.(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      options.onOutput?.(text)
    })
    child.on('error', (error) => settle({ code: null, stdout, stderr: error.message }))
    child.on('close', (code) => settle({ code, stdout, stderr }))
  })
}
