// Tensor handles: creating tensors from JavaScript memory or a file, reading them back, disposing of them.
#include "binding.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <ATen/ops/empty.h>

namespace binding {
namespace {

constexpr napi_type_tag kTensorTag = {0x6a1f0c5be24d4b1aULL, 0x93f7d20e8c5b1177ULL};

// `tensor` is undefined after dispose. `accounted` is the bytes reported to V8's garbage collector: none for tensors that a
// scope disposes of, since gigabytes that come and go would keep the collector busy on threads needed for computing.
struct Handle {
  at::Tensor tensor;
  int64_t accounted = 0;
};

// Views share their base's memory: only the owner's bytes make the garbage collector run sooner.
int64_t ownedBytes(const at::Tensor& tensor) {
  if (!tensor.has_storage() || tensor.storage().use_count() > 1) return 0;
  return static_cast<int64_t>(tensor.storage().nbytes());
}

void release(node_api_basic_env env, Handle* handle) {
  if (!handle->tensor.defined()) return;
  handle->tensor.reset();
  countTensor(-1);
  int64_t ignored = 0;
  if (handle->accounted) napi_adjust_external_memory(env, -handle->accounted, &ignored);
  handle->accounted = 0;
}

void finalizeTensor(node_api_basic_env env, void* data, void*) {
  auto* handle = static_cast<Handle*>(data);
  release(env, handle);
  delete handle;
}

Handle* handleOf(napi_env env, napi_value value) {
  bool matches = false;
  if (typeOf(env, value) != napi_external || napi_check_object_type_tag(env, value, &kTensorTag, &matches) != napi_ok || !matches)
    throw std::runtime_error("expected a tensor");
  void* data = nullptr;
  check(env, napi_get_value_external(env, value, &data));
  return static_cast<Handle*>(data);
}

struct Bytes {
  void* data;
  size_t length;
};

Bytes bytesOf(napi_env env, napi_value value) {
  bool typed = false;
  check(env, napi_is_typedarray(env, value, &typed));
  if (!typed) throw std::runtime_error("expected a typed array");
  // Node does not set this for kinds of arrays that are newer than itself.
  auto type = static_cast<napi_typedarray_type>(-1);
  size_t count = 0;
  void* data = nullptr;
  check(env, napi_get_typedarray_info(env, value, &type, &count, &data, nullptr, nullptr));
  static constexpr size_t width[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (static_cast<size_t>(type) >= sizeof(width) / sizeof(width[0])) throw std::runtime_error("unsupported typed array");
  return {data, count * width[type]};
}

// (typed array, dtype, shape) -> a tensor with a copy of the bytes.
napi_value fromBytes(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<3> arguments(env, info);
    at::ScalarType dtype = toDtype(toInteger(env, arguments[1]));
    std::vector<int64_t> shape = toIntegers(env, arguments[2]);
    Bytes bytes = bytesOf(env, arguments[0]);
    at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(dtype));
    if (tensor.nbytes() != bytes.length)
      throw std::runtime_error("the shape asks for " + std::to_string(tensor.nbytes()) + " bytes, the array has " + std::to_string(bytes.length));
    if (bytes.length) std::memcpy(tensor.data_ptr(), bytes.data, bytes.length);
    return wrapTensor(env, std::move(tensor));
  });
}

// (file descriptor, position, dtype, shape) -> a tensor with the bytes read there.
napi_value readTensor(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<4> arguments(env, info);
    int64_t file = toInteger(env, arguments[0]);
    int64_t position = toInteger(env, arguments[1]);
    at::ScalarType dtype = toDtype(toInteger(env, arguments[2]));
    at::Tensor tensor = at::empty(toIntegers(env, arguments[3]), at::TensorOptions().dtype(dtype));
    for (size_t done = 0; done < tensor.nbytes();) {
      ssize_t count = pread(static_cast<int>(file), static_cast<char*>(tensor.data_ptr()) + done, tensor.nbytes() - done, position + done);
      if (count == 0) throw std::runtime_error("the file ended while it was read");
      if (count < 0 && errno != EINTR) throw std::runtime_error(std::string("cannot read: ") + std::strerror(errno));
      if (count > 0) done += static_cast<size_t>(count);
    }
    return wrapTensor(env, std::move(tensor));
  });
}

// An ArrayBuffer on the memory of a contiguous CPU tensor; it keeps that memory alive.
napi_value viewBytes(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    const at::Tensor& tensor = unwrapTensor(env, arguments[0]);
    if (!tensor.device().is_cpu() || !tensor.is_contiguous()) throw std::runtime_error("only a contiguous tensor on the CPU can be viewed");
    napi_value buffer;
    if (tensor.nbytes() == 0) {
      void* ignored = nullptr;
      check(env, napi_create_arraybuffer(env, 0, &ignored, &buffer));
      return buffer;
    }
    // Node calls the finalizer even if it refuses to make the buffer.
    auto* owner = new at::Tensor(tensor.detach());
    check(env, napi_create_external_arraybuffer(
                   env, owner->data_ptr(), owner->nbytes(),
                   [](node_api_basic_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); }, owner, &buffer));
    return buffer;
  });
}

napi_value shapeOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    const at::Tensor& tensor = unwrapTensor(env, arguments[0]);
    napi_value result;
    check(env, napi_create_array_with_length(env, tensor.dim(), &result));
    for (int64_t i = 0; i < tensor.dim(); i++) check(env, napi_set_element(env, result, i, fromInteger(env, tensor.size(i))));
    return result;
  });
}

napi_value dtypeOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    return fromInteger(env, static_cast<int64_t>(unwrapTensor(env, arguments[0]).scalar_type()));
  });
}

napi_value deviceOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    return fromString(env, unwrapTensor(env, arguments[0]).device().str());
  });
}

napi_value isContiguous(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    return fromBoolean(env, unwrapTensor(env, arguments[0]).is_contiguous());
  });
}

napi_value dispose(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    release(env, handleOf(env, arguments[0]));
    return undefined(env);
  });
}

// Reports to V8's garbage collector how much memory a handle holds that no scope disposes of.
napi_value account(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    Handle* handle = handleOf(env, arguments[0]);
    int64_t ignored = 0;
    if (handle->tensor.defined() && handle->accounted == 0) {
      handle->accounted = ownedBytes(handle->tensor);
      napi_adjust_external_memory(env, handle->accounted, &ignored);
    }
    return undefined(env);
  });
}

}  // namespace

napi_value wrapTensor(napi_env env, at::Tensor tensor) {
  if (!tensor.defined()) {
    napi_value result;
    check(env, napi_get_null(env, &result));
    return result;
  }
  auto handle = std::make_unique<Handle>();
  handle->tensor = std::move(tensor);
  napi_value result;
  check(env, napi_create_external(env, handle.get(), finalizeTensor, nullptr, &result));
  handle.release();
  countTensor(1);
  check(env, napi_type_tag_object(env, result, &kTensorTag));
  return result;
}

at::Tensor& unwrapTensor(napi_env env, napi_value value) {
  at::Tensor& tensor = handleOf(env, value)->tensor;
  if (!tensor.defined()) throw std::runtime_error("the tensor was disposed of");
  return tensor;
}

std::vector<at::Tensor> unwrapTensors(napi_env env, napi_value value) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, value, &length));
  std::vector<at::Tensor> result;
  result.reserve(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element));
    result.push_back(unwrapTensor(env, element));
  }
  return result;
}

void defineTensor(napi_env env, napi_value exports) {
  defineMethods(env, exports,
                {{"fromBytes", fromBytes},
                 {"readTensor", readTensor},
                 {"viewBytes", viewBytes},
                 {"shapeOf", shapeOf},
                 {"dtypeOf", dtypeOf},
                 {"deviceOf", deviceOf},
                 {"isContiguous", isContiguous},
                 {"dispose", dispose},
                 {"account", account}});
}

}  // namespace binding
