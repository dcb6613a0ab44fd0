import { describe, expect, it } from 'vitest'
import { explainPipFailure } from './pip.ts'

// What pip 20.3 to 26 print, shortened.
const outputs = {
  full: `Collecting torch==2.15.0
  Downloading torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl (539.2 MB)
ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device`,
  refused: `WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/torch/
ERROR: Could not find a version that satisfies the requirement torch==2.15.0 (from versions: none)
ERROR: No matching distribution found for torch==2.15.0`,
  proxy: `WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ProxyError('Cannot connect to proxy.', NewConnectionError('...: [Errno 111] Connection refused'))': /simple/torch/
ERROR: Could not find a version that satisfies the requirement torch==2.15.0 (from versions: none)`,
  certificate: `WARNING: Retrying (Retry(total=4)) after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1007)'))': /simple/torch/`,
  damaged: `  Downloading http://mirror/torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl (80.0 MB)
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes.`,
  brokenOff: `  Downloading torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl (539.2 MB)
pip._vendor.urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(80000000 bytes read, 420000000 more expected)', IncompleteRead(80000000 bytes read, 420000000 more expected))`,
  empty: `ERROR: Could not find a version that satisfies the requirement torch==2.15.0 (from versions: none)
ERROR: No matching distribution found for torch==2.15.0`,
  others: `ERROR: Could not find a version that satisfies the requirement torch==2.15.0 (from versions: 2.13.0, 2.14.0)
ERROR: No matching distribution found for torch==2.15.0`,
  unwritable: `ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/opt/x'`,
  old: `no such option: --progress-bar`,
  unknown: `Collecting torch==2.15.0
ERROR: Package 'torch' requires a different Python: 3.9 not in '>=3.10'
`,
}

describe('explainPipFailure', () => {
  it.each<[keyof typeof outputs, RegExp]>([
    ['full', /the disk is full .* \/cache: free about 4 GB or .*REWARDKIT_HOME/],
    ['refused', /cannot be reached: check the network, set https_proxy, or name a mirror/],
    ['proxy', /the proxy does not let pip through .*: correct https_proxy/],
    ['certificate', /a certificate that pip does not trust: .*PIP_CERT/],
    ['damaged', /broke off or arrived damaged: run the set-up again/],
    ['brokenOff', /broke off or arrived damaged: run the set-up again/],
    ['empty', /offers no wheel of torch==2\.15\.0 for this platform, or cannot be reached/],
    ['others', /offers other versions than torch==2\.15\.0/],
    ['unwritable', /\/cache cannot be written: correct its permissions/],
    ['old', /this pip is too old .*: upgrade it/],
    ['unknown', /requires a different Python: 3\.9 .*: correct that and run the set-up again/],
  ])('%s', (name, expected) => {
    const explained = explainPipFailure(outputs[name], 'torch==2.15.0', '/cache')
    expect(explained).toMatch(expected)
    expect(explained).not.toContain('\n')
  })
})
