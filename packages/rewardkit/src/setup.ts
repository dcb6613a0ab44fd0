import { setup } from '@rewardkit/torch/setup'

/**
 * Finds or installs libtorch and compiles the addon where that has not been done: under two minutes once, nothing later.
 * To be awaited before the first import of what computes, which loads the addon.
 * @param log receives one line for each thing done
 * @throws SetupError with one line that says the remedy
 */
export async function ensureSetup(log: (line: string) => void): Promise<void> {
  let begun = false
  const { torchVersion } = await setup({
    log: (line) => {
      if (!begun) log('setting up once (`rewardkit setup` does the same before the first use)')
      begun = true
      log(line)
    },
  })
  if (begun) log(`set-up is complete: libtorch ${torchVersion}`)
}
