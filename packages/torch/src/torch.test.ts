import { constants } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  adamWStep,
  backward,
  createAdamW,
  manualSeed,
  memoryStatistics,
  noGradient,
  ops,
  releaseCachedMemory,
  scope,
  setThreads,
  type Tensor,
  tensorFrom,
  tensorFromBytes,
  TorchError,
} from './index.ts'

interface Fixture {
  network: Record<'x' | 'w1' | 'b1' | 'w2' | 'seed' | 'out', number[]> & { gradients: number[][] }
  normal_of_seed_7: number[]
}
const fixture = JSON.parse(readFileSync(new URL('./fixtures/torch.json', import.meta.url), 'utf8')) as Fixture
const floats = (values: readonly number[], shape?: readonly number[]) => tensorFrom(Float32Array.from(values), shape)

describe('operators and autograd', () => {
  it('equals PyTorch forward and backward', () => {
    const { network } = fixture
    const x = floats(network.x, [5, 4])
    const leaves = [floats(network.w1, [3, 4]), floats(network.b1), floats(network.w2, [1, 3])] as const
    for (const leaf of leaves) leaf.setRequiresGradient(true)
    const out = ops.linear(ops.silu(ops.linear(x, leaves[0], { bias: leaves[1] })), leaves[2])
    backward([out], [floats(network.seed, [5, 1])])
    expect([...ops.detach(out).float32()]).toEqual(network.out.map((value) => expect.closeTo(value, 5)))
    for (const [i, leaf] of leaves.entries())
      expect([...(leaf.gradient?.float32() ?? [])]).toEqual(
        network.gradients[i]?.map((value) => expect.closeTo(value, 5)),
      )
  })

  it('accumulates gradients over several backward passes', () => {
    const weight = floats([2, 3]).setRequiresGradient(true)
    for (let i = 0; i < 3; i++)
      backward([ops.sum(ops.mul(weight, floats([1, 10])))], [tensorFrom(new Float32Array([1]), [])])
    expect([...(weight.gradient?.float32() ?? [])]).toEqual([3, 30])
  })

  it('records nothing inside noGradient, also after an exception', () => {
    const weight = floats([1]).setRequiresGradient(true)
    expect(() =>
      noGradient(() => {
        expect(ops.mul_scalar(weight, 2).requiresGradient).toBe(false)
        throw new Error('stop')
      }),
    ).toThrow('stop')
    expect(ops.mul_scalar(weight, 2).requiresGradient).toBe(true)
  })

  it('noGradient refuses a promise, after whose first await it would record', () => {
    expect(() => noGradient(async () => Promise.resolve())).toThrow(/promise/)
    expect(ops.neg(floats([1]).setRequiresGradient(true)).requiresGradient).toBe(true)
  })

  it('takes numbers as doubles and bigints as integers', () => {
    const integers = tensorFrom(BigInt64Array.from([1n, 2n]))
    expect(ops.add_scalar(integers, 1n).dtype).toBe('int64')
    expect(ops.add_scalar(integers, 1).dtype).toBe('float32')
  })

  it('draws the numbers that PyTorch draws from a seed', () => {
    manualSeed(7)
    expect([...ops.normal_(ops.empty([20], { dtype: 'float32' })).float32()]).toEqual(fixture.normal_of_seed_7)
  })
})

describe('errors', () => {
  it('names the operator, shapes and dtypes', () => {
    expect(() => ops.add(floats([1, 2, 3]), floats([1, 2]))).toThrow(TorchError)
    expect(() => ops.add(floats([1, 2, 3]), floats([1, 2]))).toThrow(
      /aten::add\.Tensor\(float32 \[3\], float32 \[2\].*must match/,
    )
  })

  it('refuses values that are not tensors, and tensors after dispose', () => {
    const tensor = floats([1])
    tensor.dispose()
    tensor.dispose()
    expect(() => ops.neg(tensor)).toThrow(/disposed/)
    expect(() => tensor.shape).toThrow(/disposed/)
    // @ts-expect-error a number is not a tensor
    expect(() => ops.neg(3)).toThrow(/expected a tensor/)
  })

  it('describes whatever was given without failing', () => {
    for (const value of [Symbol('a'), Object.create(null), () => 1, 2n, [[]], new Proxy({}, {}), undefined])
      expect(() => ops.neg(value as Tensor)).toThrow(TorchError)
    // @ts-expect-error a symbol is not an extent
    expect(() => ops.zeros([Symbol('a')])).toThrow(/'size': A number was expected/)
  })

  it('refuses a shape that does not match the data', () => {
    expect(() => tensorFrom(new Float32Array(3), [2, 2])).toThrow(/16 bytes, the array has 12/)
  })

  it('makes the same tensor again of its bytes, in any dtype', () => {
    const original = ops.to(floats([1.5, -2, 0.25, 3e38], [2, 2]), 'bfloat16')
    const again = tensorFromBytes(original.bytes(), 'bfloat16', [2, 2])
    expect(ops.equal(again, original)).toBe(true)
    expect(again.dtype).toBe('bfloat16')
    expect(() => tensorFromBytes(new Uint8Array(3), 'bfloat16', [2])).toThrow(/4 bytes, the array has 3/)
  })
})

describe('misuse', () => {
  it('takes pointers into a buffer only after what may detach it has run', () => {
    const buffer = new ArrayBuffer(64)
    const shape = Object.defineProperty([0], 0, {
      get: () => {
        structuredClone(buffer, { transfer: [buffer] })
        return 16
      },
    })
    expect(() => tensorFrom(new Float32Array(buffer), shape)).toThrow(/64 bytes, the array has 0/)
  })

  it('survives arguments that dispose of tensors while they are converted', () => {
    const first = floats([1, 2])
    const list = [first, first]
    Object.defineProperty(list, 1, {
      get: () => {
        first.dispose()
        return floats([3, 4])
      },
    })
    expect(() => ops.cat(list)).toThrow(/disposed/)
  })

  it('refuses shapes that no tensor has', () => {
    const sparse: number[] = []
    sparse.length = 2 ** 32 - 1
    for (const shape of [[-1], [NaN], [1.5], [2 ** 60], [2 ** 53], [2 ** 50, 2 ** 50], sparse])
      expect(() => ops.empty(shape, { dtype: 'float32' })).toThrow(Error)
    expect(() => tensorFrom(new Float32Array(1), sparse)).toThrow(/number was expected/)
  })

  it('refuses dtypes, layouts and memory formats that libtorch would accept', () => {
    // @ts-expect-error no dtype
    expect(() => ops.zeros([1], { dtype: 'constructor' })).toThrow(/no such dtype/)
    expect(() => ops.empty([1], { layout: 1 })).toThrow(/layout 1 is not supported/)
    expect(() => ops.empty([1], { memory_format: 77 })).toThrow(/memory format 77 is not supported/)
  })

  it('refuses AdamW on tensors of different sizes, whose memory the kernel would overrun', () => {
    const [large, small] = [ops.zeros([1e6], { dtype: 'float32' }), floats([1])]
    const options = { learningRate: 1e-3, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 } as const
    expect(() => adamWStep([large], [small], createAdamW([large]), options)).toThrow(/what belongs to it/)
    expect(() => adamWStep([large], [large], createAdamW([]), options)).toThrow(/differ in length/)
    const strided = ops.transpose(ops.zeros([2, 3], { dtype: 'float32' }), 0, 1)
    expect(() => adamWStep([strided], [strided], createAdamW([strided]), options)).toThrow(/not contiguous/)
  })

  it('refuses a gradient that does not fit, and one for a tensor that is not a leaf', () => {
    const weight = floats([1, 2]).setRequiresGradient(true)
    expect(() => (weight.gradient = floats([1]))).toThrow(/shape, dtype and device/)
    expect(() => ops.neg(weight).setRequiresGradient(false)).toThrow(/leaves only/)
    expect(() => tensorFrom(Int32Array.of(1)).setRequiresGradient(true)).toThrow(/floating point/)
  })

  it('refuses a second backward pass through a graph, and in-place changes of leaves', () => {
    const weight = floats([1, 2]).setRequiresGradient(true)
    const loss = ops.sum(ops.mul(weight, weight))
    backward([loss], [floats([1], [])])
    expect(() => backward([loss], [floats([1], [])])).toThrow(/second time/)
    expect(() => ops.mul_scalar_(weight, 2)).toThrow(/leaf Variable/)
  })

  it('refuses more threads than a system may be able to start', () => {
    for (const count of [0, -1, 1.5, NaN, 1e6, 2 ** 32 + 1]) expect(() => setThreads(count)).toThrow(Error)
  })

  // From Node 22 on the limit is beyond what any tensor can have.
  it.runIf(constants.MAX_LENGTH < 2 ** 40)('refuses a view that is larger than a buffer can be', () => {
    const tensor = ops.expand(ops.zeros([1], { dtype: 'uint8' }), [constants.MAX_LENGTH + 1])
    expect(() => tensor.bytes()).toThrow(RangeError)
  })
})

describe('memory', () => {
  it('refuses an allocation beyond the memory before making it', () => {
    expect(() => ops.empty([1e6, 1e6], { dtype: 'float32' })).toThrow(
      /out of memory: 3\d+ MiB were asked for.* available/,
    )
  })

  it('refuses the block that goes beyond the memory, also where none has been written to', () => {
    const most = totalmem()
    expect(() =>
      scope(() => {
        for (let bytes = 0; bytes < most + 2 ** 28; bytes += 2 ** 27) ops.empty([2 ** 27], { dtype: 'uint8' })
      }),
    ).toThrow(/out of memory/)
    releaseCachedMemory()
  })

  it('a scope disposes of all but what it returns, in arrays, objects, maps and sets too', () => {
    let inner: Tensor | undefined
    const kept = scope(() => {
      inner = floats([1])
      return {
        list: [floats([2])],
        map: new Map([['a', floats([3])]]),
        native: floats([4]),
        set: new Set([floats([5])]),
      }
    })
    expect(() => inner?.shape).toThrow(/disposed/)
    expect(kept.list[0]?.item()).toBe(2)
    expect(kept.map.get('a')?.item()).toBe(3)
    expect(kept.native.item()).toBe(4)
    expect([...kept.set][0]?.item()).toBe(5)
  })

  it('what an inner scope returns belongs to the outer one', () => {
    let escaped: Tensor | undefined
    scope(() => {
      escaped = scope(() => floats([1]))
      expect(escaped.item()).toBe(1)
    })
    expect(() => escaped?.item()).toThrow(/disposed/)
  })

  it('refuses promises and frees after exceptions', () => {
    const before = memoryStatistics().tensors
    expect(() => scope(async () => Promise.resolve(floats([1])))).toThrow(/promise/)
    expect(() => scope(() => [Promise.resolve(floats([1]))])).toThrow(/promise/)
    expect(() =>
      scope(() => ({
        first: floats([1]),
        get second() {
          throw new Error('a getter')
        },
      })),
    ).toThrow('a getter')
    expect(() =>
      scope(() => {
        floats([1])
        throw new Error('stop')
      }),
    ).toThrow('stop')
    expect(memoryStatistics().tensors).toBe(before)
  })

  it('native bytes after a thousand training steps are those after ten', () => {
    const weight = ops.zeros([64, 64], { dtype: 'float32' }).setRequiresGradient(true)
    const state = createAdamW([weight])
    const step = () =>
      scope(() => {
        const x = ops.ones([256, 64], { dtype: 'float32' })
        backward([ops.sum(ops.silu(ops.linear(x, weight)))], [tensorFrom(new Float32Array([1]), [])])
        const gradient = weight.gradient
        if (!gradient) throw new Error('no gradient')
        noGradient(() =>
          adamWStep([weight], [gradient], state, {
            learningRate: 1e-3,
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            weightDecay: 0,
          }),
        )
        weight.gradient = null
      })
    for (let i = 0; i < 10; i++) step()
    const after10 = memoryStatistics()
    for (let i = 0; i < 990; i++) step()
    const after1000 = memoryStatistics()
    // Earlier tests left garbage, which may be collected meanwhile: fewer is possible, more is a leak.
    expect(after1000.tensors).toBeLessThanOrEqual(after10.tensors)
    expect(after1000.bytes).toBeLessThanOrEqual(after10.bytes)
  })

  it('a gradient that is changed to depend on its own tensor keeps nothing alive', () => {
    const before = memoryStatistics().bytes
    scope(() => {
      const weight = floats([1, 2]).setRequiresGradient(true)
      backward([ops.sum(weight)], [floats([1], [])])
      if (weight.gradient) ops.add_(weight.gradient, ops.neg(weight))
      expect([...(weight.gradient?.float32() ?? [])]).toEqual([0, -1])
      weight.gradient = weight
    })
    expect(memoryStatistics().bytes).toBeLessThanOrEqual(before + 8)
  })

  it('a view keeps the memory alive after dispose', () => {
    const tensor = floats([1, 2, 3])
    const view = tensor.float32()
    tensor.dispose()
    expect([...view]).toEqual([1, 2, 3])
  })
})
