// Tensor handles: creating tensors from JavaScript memory or a mapped file, reading them back, disposing of them.
#include "binding.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

namespace binding {
namespace {

constexpr napi_type_tag kTensorTag = {0x6a1f0c5be24d4b1aULL, 0x93f7d20e8c5b1177ULL};
constexpr napi_type_tag kMappingTag = {0x2b9d7715c3a84f60ULL, 0xa1840e92d6fb3c08ULL};

// `tensor` is undefined after dispose. `accounted` is what was told to V8's garbage collector: nothing for tensors that a
// scope disposes of, since gigabytes that come and go would keep the collector busy on threads that computing needs.
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
  napi_typedarray_type type;
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
    Bytes bytes = bytesOf(env, arguments[0]);
    auto dtype = static_cast<at::ScalarType>(toInteger(env, arguments[1]));
    at::Tensor tensor = at::empty(toIntegers(env, arguments[2]), at::TensorOptions().dtype(dtype));
    if (tensor.nbytes() != bytes.length)
      throw std::runtime_error("the shape asks for " + std::to_string(tensor.nbytes()) + " bytes, the array has " + std::to_string(bytes.length));
    if (bytes.length) std::memcpy(tensor.data_ptr(), bytes.data, bytes.length);
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
    auto* owner = new at::Tensor(tensor.detach());
    napi_status status = napi_create_external_arraybuffer(
        env, owner->data_ptr(), owner->nbytes(),
        [](node_api_basic_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); }, owner, &buffer);
    if (status != napi_ok) delete owner;
    check(env, status);
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

// Tells V8's garbage collector how much memory hangs on a handle that no scope disposes of.
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

// A file mapped privately: writes into tensors on it never reach the file.
struct Mapping {
  void* data = MAP_FAILED;
  size_t length = 0;
  ~Mapping() {
    if (data != MAP_FAILED) munmap(data, length);
  }
};

// path -> { mapping handle }; fails with the system's words.
napi_value mapFile(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    std::string path = toString(env, arguments[0]);
    int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw std::runtime_error(std::string("cannot open: ") + std::strerror(errno));
    struct stat status;
    auto mapping = std::make_shared<Mapping>();
    if (fstat(file, &status) == 0 && status.st_size > 0) {
      mapping->length = static_cast<size_t>(status.st_size);
      mapping->data = mmap(nullptr, mapping->length, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    }
    int error = errno;
    close(file);
    if (mapping->data == MAP_FAILED) throw std::runtime_error(std::string("cannot map: ") + (status.st_size > 0 ? std::strerror(error) : "the file is empty"));
    auto* holder = new std::shared_ptr<Mapping>(std::move(mapping));
    napi_value result;
    check(env, napi_create_external(
                   env, holder, [](node_api_basic_env, void* data, void*) { delete static_cast<std::shared_ptr<Mapping>*>(data); }, nullptr, &result));
    check(env, napi_type_tag_object(env, result, &kMappingTag));
    return result;
  });
}

// (mapping, byte offset, dtype, shape) -> a tensor on the mapped bytes, which stay mapped as long as it lives.
napi_value fromMapping(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<4> arguments(env, info);
    bool matches = false;
    if (typeOf(env, arguments[0]) != napi_external || napi_check_object_type_tag(env, arguments[0], &kMappingTag, &matches) != napi_ok || !matches)
      throw std::runtime_error("expected a file mapping");
    void* data = nullptr;
    check(env, napi_get_value_external(env, arguments[0], &data));
    std::shared_ptr<Mapping> mapping = *static_cast<std::shared_ptr<Mapping>*>(data);
    int64_t offset = toInteger(env, arguments[1]);
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(toInteger(env, arguments[2])));
    std::vector<int64_t> shape = toIntegers(env, arguments[3]);
    uint64_t bytes = at::empty({0}, options).element_size();
    for (int64_t size : shape)
      if (size < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) throw std::runtime_error("impossible shape");
    if (offset < 0 || static_cast<uint64_t>(offset) > mapping->length || bytes > mapping->length - static_cast<uint64_t>(offset))
      throw std::runtime_error("the tensor ends beyond the end of the file");
    return wrapTensor(env, at::from_blob(static_cast<char*>(mapping->data) + offset, shape, [mapping](void*) {}, options));
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

bool isTensor(napi_env env, napi_value value) {
  bool matches = false;
  return typeOf(env, value) == napi_external && napi_check_object_type_tag(env, value, &kTensorTag, &matches) == napi_ok && matches;
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
                 {"viewBytes", viewBytes},
                 {"shapeOf", shapeOf},
                 {"dtypeOf", dtypeOf},
                 {"deviceOf", deviceOf},
                 {"isContiguous", isContiguous},
                 {"dispose", dispose},
                 {"account", account},
                 {"mapFile", mapFile},
                 {"fromMapping", fromMapping}});
}

}  // namespace binding
