import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { globSync } from 'tinyglobby'
import { describe, expect, it } from 'vitest'
import { isHubName } from '../hub/index.ts'
import { parseHubName } from '../hub/hub-names.ts'
import { gridOf, trainOptionsOf } from './cells.ts'
import { readExperiment } from './experiment-file.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const recipes = globSync('recipes/**/*.yaml', { cwd: root })

describe('recipes', () => {
  it.each(recipes)('%s says how to launch it and what it costs, and can be read', (name) => {
    const text = readFileSync(root + name, 'utf8')
    const opening = text.slice(0, text.indexOf('\n\n'))
    expect(opening).toContain(`rewardkit experiment ${name} --out`)
    expect(opening).toMatch(name.includes('/studies/') ? /runs/ : /What it costs|minutes on 2 cores/)
    const experiment = readExperiment(root + name)
    const sources = { data: 'd', evalData: undefined, testData: 't' }
    for (const cell of gridOf(experiment)) trainOptionsOf(experiment, cell, sources, 'out')
  })

  it('of the paper have its models, data sets and settings', () => {
    const experiment = readExperiment(`${root}recipes/paper/table2.yaml`)
    expect(experiment.models.map(({ name }) => name)).toHaveLength(5)
    const columns = experiment.data.map(({ name }) => name)
    expect(columns.filter((name) => !name.endsWith('by prompt'))).toEqual([
      'HH',
      'OASST1',
      'WebGPT',
      'SHP',
      'Chatbot',
      'TLDR',
    ])
    expect(experiment.options).toEqual({ batchSize: 128, maxLength: 2048, epochs: 1 })
    expect(experiment.learningRates).toEqual([9e-6])
    for (const { model } of experiment.models) expect(parseHubName(model, 'model').kind).toBe('model')
    for (const { data, tests } of experiment.data)
      for (const name of [data, ...Object.values(tests)])
        expect(isHubName(name) && parseHubName(name, 'dataset').kind).toBe('dataset')
  })
})
