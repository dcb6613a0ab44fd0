import { isUnfinished } from '../files.ts'
import { isLockFile } from '../folders.ts'
import { sha256Folder } from '../hashes.ts'

/** The file in a model folder with its temperature and the quantiles of its rewards. */
export const calibrationFile = 'calibration.json'

/** The file in a model folder that people read: its model card. */
export const cardFile = 'README.md'

/**
 * One SHA-256 for the files of a model folder that decide its rewards, as `sha256Folder` takes it. Left out are files
 * that say what was found out about the model later, and those that another process is writing.
 */
export const sha256Model = (folder: string): Promise<string> =>
  sha256Folder(
    folder,
    (name) => name !== calibrationFile && name !== cardFile && !isLockFile(name) && !isUnfinished(name),
  )
