// Gradients, random numbers, threads.
#include "binding.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

namespace binding {
namespace {

// (tensors, seed gradients, retain graph): accumulates into the `grad` of the leaves.
napi_value backward(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<3> arguments(env, info);
    torch::autograd::backward(unwrapTensors(env, arguments[0]), unwrapTensors(env, arguments[1]), toBoolean(env, arguments[2]));
    return undefined(env);
  });
}

// On the same memory, but detached, as in setGradient: what is added to it in place may lead back to its tensor, and then
// nothing would ever free either.
napi_value gradientOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    const at::Tensor& tensor = unwrapTensor(env, arguments[0]);
    at::Tensor gradient = tensor.is_leaf() ? tensor.grad() : at::Tensor();
    return wrapTensor(env, gradient.defined() ? gradient.detach() : gradient);
  });
}

// (tensor, gradient or null)
napi_value setGradient(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    at::Tensor& tensor = unwrapTensor(env, arguments[0]);
    at::Tensor gradient;
    if (typeOf(env, arguments[1]) != napi_null) {
      if (!tensor.is_leaf()) throw std::runtime_error("only a leaf has a gradient");
      gradient = unwrapTensor(env, arguments[1]).detach();
      if (!gradient.sizes().equals(tensor.sizes()) || gradient.options().dtype() != tensor.dtype() || gradient.device() != tensor.device())
        throw std::runtime_error("a gradient has the shape, dtype and device of its tensor");
    }
    if (tensor.is_leaf()) tensor.mutable_grad() = gradient;
    return undefined(env);
  });
}

napi_value requiresGradient(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    return fromBoolean(env, unwrapTensor(env, arguments[0]).requires_grad());
  });
}

napi_value setRequiresGradient(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    at::Tensor& tensor = unwrapTensor(env, arguments[0]);
    if (!tensor.is_leaf()) throw std::runtime_error("requires_grad can be set for leaves only; detach the tensor first");
    tensor.set_requires_grad(toBoolean(env, arguments[1]));
    return undefined(env);
  });
}

// Turns the recording of gradients on or off for this thread; returns what it was.
napi_value setGradientMode(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    bool before = c10::GradMode::is_enabled();
    c10::GradMode::set_enabled(toBoolean(env, arguments[0]));
    return fromBoolean(env, before);
  });
}

napi_value manualSeed(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    at::manual_seed(static_cast<uint64_t>(toInteger(env, arguments[0])));
    return undefined(env);
  });
}

napi_value setThreads(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    // OpenMP ends the process if it cannot start its threads.
    int64_t count = toInteger(env, arguments[0]);
    if (count < 1 || count > 1024) throw std::runtime_error("the number of threads must be from 1 to 1024, not " + std::to_string(count));
    at::set_num_threads(static_cast<int>(count));
    return undefined(env);
  });
}

napi_value threads(napi_env env, napi_callback_info) {
  return guarded(env, [&] { return fromInteger(env, at::get_num_threads()); });
}

napi_value cpuCapability(napi_env env, napi_callback_info) {
  return guarded(env, [&] { return fromString(env, at::get_cpu_capability()); });
}

}  // namespace

void defineAutograd(napi_env env, napi_value exports) {
  defineMethods(env, exports,
                {{"backward", backward},
                 {"gradientOf", gradientOf},
                 {"setGradient", setGradient},
                 {"requiresGradient", requiresGradient},
                 {"setRequiresGradient", setRequiresGradient},
                 {"setGradientMode", setGradientMode},
                 {"manualSeed", manualSeed},
                 {"setThreads", setThreads},
                 {"threads", threads},
                 {"cpuCapability", cpuCapability}});
}

}  // namespace binding
