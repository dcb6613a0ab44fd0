// Arguments that libtorch's operators do not check themselves and that would end the process.
#include "binding.h"

#include <map>

namespace binding {
namespace {

std::string describe(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.scalar_type() << " " << tensor.sizes() << (tensor.is_contiguous() ? "" : ", not contiguous,") << " on " << tensor.device();
  return text.str();
}

// The kernel reads and writes through bare pointers, as many elements as the parameter has.
void guardFusedAdamW(const torch::jit::Stack& stack) {
  auto parameters = stack[0].toTensorVector();
  auto steps = stack[5].toTensorVector();
  for (size_t list = 1; list <= 4; list++) {
    auto tensors = stack[list].toTensorVector();
    if (list == 4 && tensors.empty()) continue;
    if (tensors.size() != parameters.size()) throw std::runtime_error("the lists differ in length");
    for (size_t i = 0; i < tensors.size(); i++) {
      const at::Tensor &tensor = tensors[i], &parameter = parameters[i];
      bool same = tensor.sizes().equals(parameter.sizes()) && tensor.scalar_type() == parameter.scalar_type();
      bool plain = tensor.is_contiguous() && parameter.is_contiguous() && tensor.device().is_cpu() && parameter.device().is_cpu();
      if (!same || !plain) throw std::runtime_error("parameter " + std::to_string(i) + " is " + describe(parameter) + ", what belongs to it " + describe(tensor));
    }
  }
  if (steps.size() != parameters.size()) throw std::runtime_error("the lists differ in length");
  for (size_t last : {stack.size() - 2, stack.size() - 1})  // the scale of the gradients and whether one is infinite
    if (stack[last].isTensor()) steps.push_back(stack[last].toTensor());
  for (const at::Tensor& step : steps)
    if (step.scalar_type() != at::kFloat || step.numel() != 1 || !step.device().is_cpu())
      throw std::runtime_error("a step or a scale is " + describe(step) + ", not a float scalar");
}

// An empty tensor is divided into as many pieces as are asked for.
void guardChunk(const torch::jit::Stack& stack) {
  if (stack[1].toInt() > 1'000'000) throw std::runtime_error(std::to_string(stack[1].toInt()) + " chunks are too many");
}

// If another size is 0, negative sizes pass unchecked. -1 keeps the size of an existing dimension.
void guardExpand(const torch::jit::Stack& stack) {
  auto sizes = stack[1].toIntVector();
  size_t dimensions = static_cast<size_t>(stack[0].toTensor().dim());
  for (size_t i = 0; i < sizes.size(); i++)
    if (sizes[i] < 0 && (sizes[i] != -1 || i + dimensions < sizes.size())) throw std::runtime_error("the size " + std::to_string(sizes[i]) + " is impossible");
}

}  // namespace

Guard guardOf(const std::string& name) {
  static const std::map<std::string, Guard> guards = {
      {"aten::_fused_adamw_", guardFusedAdamW}, {"aten::chunk", guardChunk}, {"aten::expand", guardExpand}};
  auto found = guards.find(name);
  return found == guards.end() ? nullptr : found->second;
}

}  // namespace binding
