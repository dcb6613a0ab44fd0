/**
 * A gate in continuous integration. A new reward model passes if the lower end of its accuracy's interval is above a
 * threshold, and if it is not clearly worse than the model in use. The command does the first half:
 * `rewardkit evaluate --fail-below accuracy=0.65`, exit code 3.
 *
 *     process.exitCode = (await gate('runs/new', 'runs/current', 'test.jsonl', 0.65)).passed ? 0 : 3
 */
import { evaluate } from 'rewardkit'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function gate(model: string, modelInUse: string, data: string, threshold: number) {
  const folder = await mkdtemp(join(tmpdir(), 'gate-'))
  try {
    const found = await evaluate({ model, data, out: join(folder, 'new') })
    const inUse = await evaluate({ model: modelInUse, data, out: join(folder, 'in-use') })
    const reasons: string[] = []
    if (found.accuracy.low < threshold)
      reasons.push(`accuracy may be as low as ${found.accuracy.low.toFixed(3)}, below ${threshold}`)
    if (found.accuracy.high < inUse.accuracy.low)
      reasons.push(`accuracy ${found.accuracy.value.toFixed(3)} is below the ${inUse.accuracy.value.toFixed(3)} in use`)
    return { passed: reasons.length === 0, reasons, accuracy: found.accuracy }
  } finally {
    await rm(folder, { recursive: true })
  }
}
