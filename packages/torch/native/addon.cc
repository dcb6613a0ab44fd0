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
  if (typeOf(env, value) == napi_bigint) {
    int64_t result = 0;
    bool lossless = false;
    check(env, napi_get_value_bigint_int64(env, value, &result, &lossless));
    if (!lossless) throw std::runtime_error("expected a 64-bit integer, got a larger bigint");
    return result;
  }
  double number = 0;
  check(env, napi_get_value_double(env, value, &number));
  if (!(number >= -9007199254740991.0 && number <= 9007199254740991.0) || number != static_cast<double>(static_cast<int64_t>(number)))
    throw std::runtime_error("expected an integer, got " + std::to_string(number));
  return static_cast<int64_t>(number);
}

bool toBoolean(napi_env env, napi_value value) {
  bool result = false;
  check(env, napi_get_value_bool(env, value, &result));
  return result;
}

std::vector<int64_t> toIntegers(napi_env env, napi_value value) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, value, &length));
  std::vector<int64_t> result(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element));
    result[i] = toInteger(env, element);
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
