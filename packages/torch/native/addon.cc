// Entry point of the addon, and the conversions between JavaScript values and plain C++ ones.
#include "binding.h"

namespace binding {

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type;
}

std::string toString(napi_env env, napi_value value) {
  size_t length = 0;
  check(env, napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string result(length, '\0');
  check(env, napi_get_value_string_utf8(env, value, result.data(), length + 1, &length));
  return result;
}

int64_t toInteger(napi_env env, napi_value value) {
  double number = 0;
  check(env, napi_get_value_double(env, value, &number));
  if (!(number >= -9007199254740991.0 && number <= 9007199254740991.0) || number != static_cast<double>(static_cast<int64_t>(number)))
    throw std::runtime_error("expected an integer, got " + std::to_string(number));
  return static_cast<int64_t>(number);
}

// libtorch takes any number for an element type, and reads beyond its tables.
at::ScalarType toDtype(int64_t number) {
  auto dtype = static_cast<at::ScalarType>(number);
  if (number == static_cast<int64_t>(dtype)) {
    if (c10::isIntegralType(dtype, true) || (c10::isFloatingType(dtype) && c10::elementSize(dtype) > 1)) return dtype;
  }
  throw std::runtime_error("dtype " + std::to_string(number) + " is not supported");
}

bool toBoolean(napi_env env, napi_value value) {
  bool result = false;
  check(env, napi_get_value_bool(env, value, &result));
  return result;
}

std::vector<int64_t> toIntegers(napi_env env, napi_value value) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, value, &length));
  // Not sized beforehand: the length of a sparse array costs nothing.
  std::vector<int64_t> result;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element));
    result.push_back(toInteger(env, element));
  }
  return result;
}

napi_value fromString(napi_env env, const std::string& value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}

napi_value fromInteger(napi_env env, int64_t value) {
  napi_value result;
  check(env, napi_create_int64(env, value, &result));
  return result;
}

napi_value fromBoolean(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

napi_value undefined(napi_env env) {
  napi_value result;
  check(env, napi_get_undefined(env, &result));
  return result;
}

void defineMethods(napi_env env, napi_value exports, std::initializer_list<Method> methods) {
  for (const Method& method : methods) {
    napi_value function;
    check(env, napi_create_function(env, method.name, NAPI_AUTO_LENGTH, method.callback, nullptr, &function));
    check(env, napi_set_named_property(env, exports, method.name, function));
  }
}

}  // namespace binding

NAPI_MODULE_INIT() {
  return binding::guarded(env, [&] {
    binding::defineMemory(env, exports);
    binding::defineTensor(env, exports);
    binding::defineOperators(env, exports);
    binding::defineAutograd(env, exports);
    return exports;
  });
}
