// Draws the margins of some runs as the README shows them:
//
//   npm run quickstart
//   node scripts/readme-picture.mjs runs/quickstart/{bradley-terry,annotated-margin,adaptive-margin} > docs/images/margins.svg
import { loadRun, renderMarginFigure } from '../packages/rewardkit/dist/reports/index.js'

process.stdout.write(renderMarginFigure(process.argv.slice(2).map(loadRun)))
