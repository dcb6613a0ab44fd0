import { createModelFolder, type NewModel } from '../models/index.ts'
import { simulationVocabulary } from '../simulate/index.ts'
import { wordTokenizerFiles, wordTokenizerSpecials } from '../tokens/index.ts'

/**
 * Writes an untrained Llama model, with a tokenizer that knows the words of simulated pairs, into a folder: something
 * to train when nothing else is at hand. It has about 0.1 million parameters by default.
 * @example
 * createSimulationModel('models/tiny', { layers: 1 })
 */
export function createSimulationModel(folder: string, changes: Partial<NewModel> = {}): void {
  const vocabulary = simulationVocabulary()
  createModelFolder(
    folder,
    {
      vocabularySize: vocabulary.length + Object.keys(wordTokenizerSpecials).length,
      hiddenSize: 64,
      intermediateSize: 128,
      layers: 2,
      heads: 4,
      maxPositions: 128,
      initializerRange: 0.15,
      endTokenId: wordTokenizerSpecials.end,
      padTokenId: wordTokenizerSpecials.pad,
      seed: 0,
      ...changes,
    },
    wordTokenizerFiles(vocabulary),
  )
}
