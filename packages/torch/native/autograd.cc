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

napi_value gradientOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    return wrapTensor(env, unwrapTensor(env, arguments[0]).grad());
  });
}

// (tensor, gradient or null)
napi_value setGradient(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    at::Tensor& tensor = unwrapTensor(env, arguments[0]);
    tensor.mutable_grad() = isTensor(env, arguments[1]) ? unwrapTensor(env, arguments[1]) : at::Tensor();
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
    unwrapTensor(env, arguments[0]).set_requires_grad(toBoolean(env, arguments[1]));
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
    at::set_num_threads(static_cast<int>(toInteger(env, arguments[0])));
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
