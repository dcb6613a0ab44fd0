/**
 * Finds or installs libtorch and compiles the addon. Loads neither.
 * @module @rewardkit/torch/setup
 */
export { cpuFeatures, type DoctorCheck, type DoctorReport, doctorReport } from './doctor.ts'
export { SetupError } from './errors.ts'
export { cacheFolder, removeSetup } from './folders.mjs'
export { type Lock, lockState, type LockState, takeLock } from './lock.mjs'
export { locateNative, type NativeLocation } from './record.ts'
export { setup } from './setup.ts'
