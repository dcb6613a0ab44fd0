// The generic boxed call: any operator of libtorch's dispatcher, arguments converted by the operator's own schema.
#include "binding.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

namespace binding {
namespace {

constexpr napi_type_tag kOperatorTag = {0x51c7e8aa03d94e72ULL, 0x8d60b3f12c9e4a5dULL};

struct Operator {
  c10::OperatorHandle handle;
  Guard guard;
};

bool isMissing(napi_env env, napi_value value) {
  napi_valuetype type = typeOf(env, value);
  return type == napi_undefined || type == napi_null;
}

// A JavaScript number is a double, a bigint an integer: whether 2 or 2.0 was meant never depends on the value.
c10::IValue toScalar(napi_env env, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_bigint: {
      int64_t result = 0;
      bool lossless = false;
      check(env, napi_get_value_bigint_int64(env, value, &result, &lossless));
      if (!lossless) throw std::runtime_error("expected a 64-bit integer, got a larger bigint");
      return result;
    }
    case napi_boolean:
      return toBoolean(env, value);
    default: {
      double number = 0;
      check(env, napi_get_value_double(env, value, &number));
      return number;
    }
  }
}

// One of libtorch's enumerations, of which the first `count` are supported: of layouts only the strided one, since a
// sparse tensor has no memory to view.
int64_t toChoice(napi_env env, napi_value value, int64_t count, const char* what) {
  int64_t number = toInteger(env, value);
  if (number < 0 || number >= count) throw std::runtime_error(std::string(what) + " " + std::to_string(number) + " is not supported");
  return number;
}

c10::IValue toIValue(napi_env env, napi_value value, const c10::TypePtr& type);

c10::IValue toList(napi_env env, napi_value value, const c10::TypePtr& elementType) {
  uint32_t length = 0;
  if (napi_get_array_length(env, value, &length) != napi_ok) throw std::runtime_error("expected an array");
  c10::impl::GenericList list(elementType->kind() == c10::TypeKind::SymIntType ? c10::TypePtr(c10::IntType::get()) : elementType);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element));
    list.push_back(toIValue(env, element, elementType));
  }
  return list;
}

c10::IValue toIValue(napi_env env, napi_value value, const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::OptionalType:
      if (isMissing(env, value)) return {};
      return toIValue(env, value, type->expectRef<c10::OptionalType>().getElementType());
    case c10::TypeKind::TensorType:
      return unwrapTensor(env, value);
    case c10::TypeKind::ListType:
      return toList(env, value, type->expectRef<c10::ListType>().getElementType());
    case c10::TypeKind::NumberType:
      return toScalar(env, value);
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return toInteger(env, value);
    case c10::TypeKind::FloatType: {
      double number = 0;
      check(env, napi_get_value_double(env, value, &number));
      return number;
    }
    case c10::TypeKind::ScalarTypeType:
      return static_cast<int64_t>(toDtype(toInteger(env, value)));
    case c10::TypeKind::LayoutType:
      return toChoice(env, value, 1, "layout");
    case c10::TypeKind::MemoryFormatType:
      return toChoice(env, value, 4, "memory format");
    case c10::TypeKind::BoolType:
    case c10::TypeKind::SymBoolType:
      return toBoolean(env, value);
    case c10::TypeKind::StringType:
      return toString(env, value);
    case c10::TypeKind::DeviceObjType:
      return c10::Device(toString(env, value));
    default:
      throw std::runtime_error("arguments of type " + type->str() + " are not supported");
  }
}

napi_value fromIValue(napi_env env, const c10::IValue& value) {
  napi_value result;
  if (value.isTensor()) return wrapTensor(env, value.toTensor());
  if (value.isInt()) return fromInteger(env, value.toInt());
  if (value.isBool()) return fromBoolean(env, value.toBool());
  if (value.isString()) return fromString(env, value.toStringRef());
  if (value.isDouble()) {
    check(env, napi_create_double(env, value.toDouble(), &result));
    return result;
  }
  if (value.isNone()) {
    check(env, napi_get_null(env, &result));
    return result;
  }
  if (value.isList()) {
    auto list = value.toListRef();
    check(env, napi_create_array_with_length(env, list.size(), &result));
    for (size_t i = 0; i < list.size(); i++) check(env, napi_set_element(env, result, i, fromIValue(env, list[i])));
    return result;
  }
  throw std::runtime_error("results of type " + value.type()->str() + " are not supported");
}

// (name, overload) -> operator handle. Operators live as long as the process.
napi_value findOperator(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    std::string name = toString(env, arguments[0]);
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), toString(env, arguments[1]).c_str());
    auto* owned = new Operator{handle, guardOf(name)};
    napi_value result;
    check(env, napi_create_external(
                   env, owned, [](node_api_basic_env, void* data, void*) { delete static_cast<Operator*>(data); }, nullptr, &result));
    check(env, napi_type_tag_object(env, result, &kOperatorTag));
    return result;
  });
}

const Operator& operatorOf(napi_env env, napi_value value) {
  bool matches = false;
  if (typeOf(env, value) != napi_external || napi_check_object_type_tag(env, value, &kOperatorTag, &matches) != napi_ok || !matches)
    throw std::runtime_error("expected an operator");
  void* data = nullptr;
  check(env, napi_get_value_external(env, value, &data));
  return *static_cast<Operator*>(data);
}

// (operator, arguments in schema order) -> result, or an array of results. undefined takes the schema's default.
napi_value call(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    const auto& [handle, guard] = operatorOf(env, arguments[0]);
    const auto& parameters = handle.schema().arguments();
    uint32_t given = 0;
    check(env, napi_get_array_length(env, arguments[1], &given));
    if (given > parameters.size()) throw std::runtime_error("too many arguments");
    torch::jit::Stack stack;
    stack.reserve(parameters.size());
    for (size_t i = 0; i < parameters.size(); i++) {
      napi_value value = nullptr;
      if (i < given) check(env, napi_get_element(env, arguments[1], i, &value));
      bool missing = value == nullptr || typeOf(env, value) == napi_undefined;
      if (missing && parameters[i].default_value()) {
        stack.push_back(*parameters[i].default_value());
        continue;
      }
      // The schema's own type: for those who call, a dtype or a layout is an integer.
      const c10::TypePtr& type = parameters[i].real_type();
      try {
        stack.push_back(toIValue(env, missing ? undefined(env) : value, type));
      } catch (const PendingException&) {
        throw;
      } catch (const c10::Error& error) {
        throw std::runtime_error("argument '" + parameters[i].name() + "': " + error.what_without_backtrace());
      } catch (const std::exception& error) {
        throw std::runtime_error("argument '" + parameters[i].name() + "': " + error.what());
      }
    }
    if (guard) guard(stack);
    handle.callBoxed(stack);
    if (stack.empty()) return undefined(env);
    if (stack.size() == 1) return fromIValue(env, stack[0]);
    napi_value result;
    check(env, napi_create_array_with_length(env, stack.size(), &result));
    for (size_t i = 0; i < stack.size(); i++) check(env, napi_set_element(env, result, i, fromIValue(env, stack[i])));
    return result;
  });
}

// (name, overload) -> the schema as libtorch prints it; the generator of typed wrappers reads it.
napi_value schemaOf(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(toString(env, arguments[0]).c_str(), toString(env, arguments[1]).c_str());
    std::ostringstream text;
    text << handle.schema();
    return fromString(env, text.str());
  });
}

}  // namespace

void defineOperators(napi_env env, napi_value exports) {
  defineMethods(env, exports, {{"findOperator", findOperator}, {"call", call}, {"schemaOf", schemaOf}});
}

}  // namespace binding
