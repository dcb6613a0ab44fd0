// Sets up a clone: npm packages, compiled TypeScript, libtorch, the addon. Does only what is missing, so that every npm
// script can call it first. `--remove` takes libtorch and the addon away again.
import { setup } from '../packages/torch/dist/setup/index.js'

await setup({ log: (line) => console.log(line) })
