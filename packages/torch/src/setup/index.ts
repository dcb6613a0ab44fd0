export { SetupError } from './errors.ts'
export { cacheFolder } from './folders.ts'
export { locateNative, type NativeLocation } from './record.ts'
export { setup } from './setup.ts'
