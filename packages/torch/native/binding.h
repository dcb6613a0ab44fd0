// What the files of the addon share: error guards around every callback, and the handles that JavaScript holds.
#pragma once

#include <node_api.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/stack.h>
#include <c10/util/Exception.h>

namespace binding {

// A JavaScript exception is already pending: unwind to the callback's guard without throwing a second one.
struct PendingException : std::exception {};

inline void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  std::string message = info && info->error_message ? info->error_message : "Node-API call failed";
  bool pending = false;
  napi_is_exception_pending(env, &pending);  // forgets the last error
  if (pending) throw PendingException();
  throw std::runtime_error(message);
}

// An exception that leaves a callback ends the process, so every callback runs inside this guard.
template <typename Body>
napi_value guarded(napi_env env, Body body) {
  try {
    return body();
  } catch (const PendingException&) {
  } catch (const c10::Error& error) {
    napi_throw_error(env, "ERR_LIBTORCH", error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "ERR_OUT_OF_MEMORY", "out of memory");
  } catch (const std::exception& error) {
    napi_throw_error(env, "ERR_LIBTORCH", error.what());
  } catch (...) {
    napi_throw_error(env, "ERR_LIBTORCH", "unknown native error");
  }
  return nullptr;
}

template <size_t N>
struct Arguments {
  napi_value values[N];
  Arguments(napi_env env, napi_callback_info info) {
    size_t count = N;
    check(env, napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
    if (count < N) throw std::runtime_error("expected " + std::to_string(N) + " arguments, got " + std::to_string(count));
  }
  napi_value operator[](size_t i) const { return values[i]; }
};

// Strings, numbers and arrays. Converting an array may run JavaScript (a getter), so pointers into JavaScript's memory are
// taken only afterwards.
std::string toString(napi_env env, napi_value value);
int64_t toInteger(napi_env env, napi_value value);
bool toBoolean(napi_env env, napi_value value);
std::vector<int64_t> toIntegers(napi_env env, napi_value value);
at::ScalarType toDtype(int64_t number);
napi_valuetype typeOf(napi_env env, napi_value value);
napi_value fromString(napi_env env, const std::string& value);
napi_value fromInteger(napi_env env, int64_t value);
napi_value fromBoolean(napi_env env, bool value);
napi_value undefined(napi_env env);

// Tensor handles. `unwrapTensor` refuses everything that is not a live handle of this addon.
napi_value wrapTensor(napi_env env, at::Tensor tensor);
at::Tensor& unwrapTensor(napi_env env, napi_value value);
std::vector<at::Tensor> unwrapTensors(napi_env env, napi_value value);

// Checks an operator's arguments before its call, and throws (guards.cc); null for the operators that need none.
using Guard = void (*)(const torch::jit::Stack& stack);
Guard guardOf(const std::string& name);

// Each file adds its functions to the exports.
struct Method {
  const char* name;
  napi_callback callback;
};
void defineMethods(napi_env env, napi_value exports, std::initializer_list<Method> methods);
void defineTensor(napi_env env, napi_value exports);
void defineOperators(napi_env env, napi_value exports);
void defineAutograd(napi_env env, napi_value exports);
void defineMemory(napi_env env, napi_value exports);

// Counters of memory.cc.
void countTensor(int delta);

// Bytes, as the system reports them (available.cc).
size_t availableMemory();
size_t residentMemory();

}  // namespace binding
