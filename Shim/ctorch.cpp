// Implements the table of Sources/CTorch/include/ctorch.h over libtorch. Set-up compiles this file
// into a shared library; nothing else in Danlu is C++.

#include "ctorch.h"
#include "direct_operators.h"
#include "processor_kernels.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using c10::IValue;
using torch::jit::Stack;

// ---- Errors ------------------------------------------------------------------------------------

struct LastError {
  std::string message;
  std::string details;
};

thread_local LastError lastError;

void record(const std::string &message, const std::string &details) noexcept {
  try {
    lastError.message = message;
    lastError.details = details;
  } catch (...) {
    lastError.message.clear();
    lastError.details.clear();
  }
}

/// Runs `body`; whatever it throws becomes `failure` and the thread's last error.
template <typename Result, typename Body>
Result guarded(Result failure, Body &&body) noexcept {
  try {
    return body();
  } catch (const c10::Error &error) {
    record(error.what_without_backtrace(), error.what());
  } catch (const std::exception &error) {
    record(error.what(), error.what());
  } catch (...) {
    record("an unknown C++ exception", "an unknown C++ exception");
  }
  return failure;
}

// ---- Handles -----------------------------------------------------------------------------------

using TensorPointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;

c10::TensorImpl *implementation(CTorchTensor tensor) {
  return reinterpret_cast<c10::TensorImpl *>(tensor);
}

at::Tensor borrowed(CTorchTensor tensor) {
  return at::Tensor(TensorPointer::reclaim_copy(implementation(tensor)));
}

CTorchTensor owned(at::Tensor &&tensor) {
  if (!tensor.defined()) return nullptr;
  return reinterpret_cast<CTorchTensor>(tensor.unsafeReleaseTensorImpl());
}

at::Generator &generatorOf(CTorchGenerator generator) {
  return *reinterpret_cast<at::Generator *>(generator);
}

int64_t encoded(c10::Device device) {
  return static_cast<int64_t>(device.type()) * 256 + device.index() + 1;
}

c10::Device decoded(int64_t device) {
  return c10::Device(static_cast<c10::DeviceType>(device / 256),
                     static_cast<c10::DeviceIndex>(device % 256 - 1));
}

// ---- Operators ---------------------------------------------------------------------------------

/// How the integer of a slot is to be understood, from the argument's type in the schema.
enum class Expected : uint8_t { other, real, reals, optionalTensors, optionalNumbers };

struct Argument {
  Expected expected = Expected::other;
  bool hasDefault = false;
  IValue defaultValue;
};

struct Operator {
  c10::OperatorHandle handle;
  std::vector<Argument> arguments;
  std::string schema;
  /// A way around the dispatcher for plain cases, where there is one.
  direct::Call direct = nullptr;
};

Expected expectation(const c10::TypePtr &type) {
  c10::TypePtr inner = type;
  if (auto optional = inner->cast<c10::OptionalType>()) inner = optional->getElementType();
  if (inner->kind() == c10::TypeKind::FloatType) return Expected::real;
  if (auto list = inner->cast<c10::ListType>()) {
    auto element = list->getElementType();
    if (element->kind() == c10::TypeKind::FloatType) return Expected::reals;
    if (auto optional = element->cast<c10::OptionalType>()) {
      return optional->getElementType()->kind() == c10::TypeKind::NumberType
                 ? Expected::optionalNumbers
                 : Expected::optionalTensors;
    }
  }
  return Expected::other;
}

CTorchOperator findOperator(const char *name, const char *overload) {
  static std::mutex mutex;
  static std::unordered_map<std::string, std::unique_ptr<Operator>> known;
  return guarded<CTorchOperator>(nullptr, [&]() -> CTorchOperator {
    std::string key = std::string(name) + "." + overload;
    std::lock_guard<std::mutex> lock(mutex);
    auto found = known.find(key);
    if (found == known.end()) {
      auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
      if (!handle.has_value()) {
        record("libtorch has no operator " + key, "");
        return nullptr;
      }
      auto made = std::make_unique<Operator>(Operator{*handle, {}, {}, direct::find(key)});
      for (const auto &argument : handle->schema().arguments()) {
        Argument entry;
        entry.expected = expectation(argument.real_type());
        if (argument.default_value().has_value()) {
          entry.hasDefault = true;
          entry.defaultValue = *argument.default_value();
        }
        made->arguments.push_back(std::move(entry));
      }
      made->schema = c10::toString(handle->schema());
      found = known.emplace(std::move(key), std::move(made)).first;
    }
    return reinterpret_cast<CTorchOperator>(found->second.get());
  });
}

void pushDefault(const Operator &operation, size_t index, Stack &stack) {
  const Argument &argument = operation.arguments[index];
  TORCH_CHECK(argument.hasDefault, "argument ", index, " of ", operation.schema,
              " is missing and has no default");
  stack.push_back(argument.defaultValue);
}

void push(const Operator &operation, size_t index, const CTorchSlot &slot, Stack &stack) {
  const Expected expected = operation.arguments[index].expected;
  switch (slot.tag) {
    case CTORCH_DEFAULT:
      pushDefault(operation, index, stack);
      return;
    case CTORCH_NONE:
      stack.emplace_back();
      return;
    case CTORCH_TENSOR:
      stack.emplace_back(borrowed(slot.tensor));
      return;
    case CTORCH_INTEGER:
      if (expected == Expected::real) {
        stack.emplace_back(static_cast<double>(slot.integer));
      } else {
        stack.emplace_back(slot.integer);
      }
      return;
    case CTORCH_REAL:
      stack.emplace_back(slot.real);
      return;
    case CTORCH_BOOLEAN:
      stack.emplace_back(slot.integer != 0);
      return;
    case CTORCH_INTEGERS:
      if (expected == Expected::reals) {
        stack.emplace_back(std::vector<double>(slot.integers, slot.integers + slot.count));
      } else {
        stack.emplace_back(c10::ArrayRef<int64_t>(slot.integers, slot.count));
      }
      return;
    case CTORCH_REALS:
      if (expected == Expected::optionalNumbers) {
        c10::List<std::optional<at::Scalar>> list;
        list.reserve(slot.count);
        for (int32_t i = 0; i < slot.count; ++i) list.push_back(at::Scalar(slot.reals[i]));
        stack.emplace_back(std::move(list));
      } else {
        stack.emplace_back(c10::ArrayRef<double>(slot.reals, slot.count));
      }
      return;
    case CTORCH_BOOLEANS: {
      c10::List<bool> list;
      list.reserve(slot.count);
      for (int32_t i = 0; i < slot.count; ++i) list.push_back(slot.integers[i] != 0);
      stack.emplace_back(std::move(list));
      return;
    }
    case CTORCH_TENSORS:
      if (expected == Expected::optionalTensors) {
        c10::List<std::optional<at::Tensor>> list;
        list.reserve(slot.count);
        for (int32_t i = 0; i < slot.count; ++i) {
          list.push_back(slot.tensors[i] ? std::optional<at::Tensor>(borrowed(slot.tensors[i]))
                                         : std::nullopt);
        }
        stack.emplace_back(std::move(list));
      } else {
        c10::List<at::Tensor> list;
        list.reserve(slot.count);
        for (int32_t i = 0; i < slot.count; ++i) list.push_back(borrowed(slot.tensors[i]));
        stack.emplace_back(std::move(list));
      }
      return;
    case CTORCH_STRING:
      stack.emplace_back(std::string(slot.characters, slot.count));
      return;
    case CTORCH_DEVICE:
      stack.emplace_back(decoded(slot.integer));
      return;
    case CTORCH_GENERATOR:
      stack.emplace_back(generatorOf(slot.generator));
      return;
    default:
      TORCH_CHECK(false, "unknown slot tag ", slot.tag);
  }
}

/// The stack of a call; its memory is kept per thread, because most calls are small and many.
class CallStack {
 public:
  CallStack() : stack(std::move(spare())) { stack.clear(); }
  ~CallStack() {
    stack.clear();
    spare() = std::move(stack);
  }
  Stack stack;

 private:
  static Stack &spare() {
    thread_local Stack kept;
    return kept;
  }
};

void run(const Operator &operation, const CTorchSlot *slots, int32_t count, Stack &stack) {
  const size_t arity = operation.arguments.size();
  TORCH_CHECK(static_cast<size_t>(count) <= arity, operation.schema, " takes ", arity,
              " arguments, received ", count);
  for (int32_t i = 0; i < count; ++i) push(operation, i, slots[i], stack);
  for (size_t i = count; i < arity; ++i) pushDefault(operation, i, stack);
  operation.handle.callBoxed(stack);
}

template <typename Element>
const Element *copiedList(const std::vector<Element> &values) {
  auto *list = static_cast<Element *>(std::malloc(std::max<size_t>(1, values.size()) *
                                                  sizeof(Element)));
  if (!list) throw std::bad_alloc();
  std::copy(values.begin(), values.end(), list);
  return list;
}

CTorchSlot resultSlot(IValue &&value) {
  CTorchSlot slot;
  std::memset(&slot, 0, sizeof slot);
  if (value.isTensor()) {
    slot.tag = CTORCH_TENSOR;
    slot.tensor = owned(std::move(value).toTensor());
    if (!slot.tensor) slot.tag = CTORCH_NONE;
  } else if (value.isNone()) {
    slot.tag = CTORCH_NONE;
  } else if (value.isInt()) {
    slot.tag = CTORCH_INTEGER;
    slot.integer = value.toInt();
  } else if (value.isDouble()) {
    slot.tag = CTORCH_REAL;
    slot.real = value.toDouble();
  } else if (value.isBool()) {
    slot.tag = CTORCH_BOOLEAN;
    slot.integer = value.toBool();
  } else if (value.isTensorList()) {
    auto tensors = value.toTensorVector();
    std::vector<CTorchTensor> handles;
    handles.reserve(tensors.size());
    for (auto &tensor : tensors) handles.push_back(owned(std::move(tensor)));
    slot.tag = CTORCH_TENSORS;
    slot.count = static_cast<int32_t>(handles.size());
    slot.tensors = copiedList(handles);
  } else if (value.isIntList()) {
    auto integers = value.toIntVector();
    slot.tag = CTORCH_INTEGERS;
    slot.count = static_cast<int32_t>(integers.size());
    slot.integers = copiedList(integers);
  } else {
    TORCH_CHECK(false, "a result of type ", value.tagKind(), " cannot be passed to Swift");
  }
  return slot;
}

int32_t call(CTorchOperator operation, const CTorchSlot *slots, int32_t count, CTorchSlot *results,
             int32_t capacity) {
  return guarded<int32_t>(-1, [&] {
    const auto &target = *reinterpret_cast<Operator *>(operation);
    CallStack call;
    run(target, slots, count, call.stack);
    TORCH_CHECK(call.stack.size() <= static_cast<size_t>(capacity), target.schema, " gave ",
                call.stack.size(), " results, room for ", capacity);
    int32_t written = 0;
    for (auto &value : call.stack) results[written++] = resultSlot(std::move(value));
    return written;
  });
}

CTorchTensor callTensor(CTorchOperator operation, const CTorchSlot *slots, int32_t count) {
  return guarded<CTorchTensor>(nullptr, [&] {
    const auto &target = *reinterpret_cast<Operator *>(operation);
    if (target.direct) {
      if (auto result = target.direct(slots, count); result.defined()) {
        return owned(std::move(result));
      }
    }
    CallStack call;
    run(target, slots, count, call.stack);
    TORCH_CHECK(call.stack.size() == 1 && call.stack[0].isTensor(), target.schema,
                " does not give one tensor");
    auto *result = owned(std::move(call.stack[0]).toTensor());
    TORCH_CHECK(result, target.schema, " gave an undefined tensor");
    return result;
  });
}

const char *operatorNames() {
  static const std::string names = [] {
    std::vector<std::string> found;
    for (const auto &name : c10::Dispatcher::singleton().getAllOpNames()) {
      if (name.name.rfind("aten::", 0) == 0) found.push_back(c10::toString(name));
    }
    std::sort(found.begin(), found.end());
    std::string text;
    for (const auto &name : found) text += name + "\n";
    return text;
  }();
  return names.c_str();
}

// ---- Tensors -----------------------------------------------------------------------------------

CTorchTensor tensorFromHost(const void *data, int64_t bytes, const int64_t *shape, int32_t rank,
                            int32_t elementType, int64_t device) {
  return guarded<CTorchTensor>(nullptr, [&] {
    auto type = static_cast<at::ScalarType>(elementType);
    auto tensor = at::empty(at::IntArrayRef(shape, rank), at::TensorOptions().dtype(type));
    TORCH_CHECK(static_cast<int64_t>(tensor.nbytes()) == bytes, "a tensor of shape ",
                tensor.sizes(), " takes ", tensor.nbytes(), " bytes, received ", bytes);
    if (bytes > 0) std::memcpy(tensor.mutable_data_ptr(), data, bytes);
    auto target = decoded(device);
    if (!target.is_cpu()) tensor = tensor.to(target);
    return owned(std::move(tensor));
  });
}

CTorchTensor tensorOnHostMemory(void *data, const int64_t *shape, int32_t rank, int32_t elementType,
                                void *context, void (*releaseData)(void *)) {
  return guarded<CTorchTensor>(nullptr, [&] {
    auto type = static_cast<at::ScalarType>(elementType);
    return owned(at::from_blob(
        data, at::IntArrayRef(shape, rank), [context, releaseData](void *) { releaseData(context); },
        at::TensorOptions().dtype(type)));
  });
}

int32_t copyToHost(CTorchTensor handle, void *destination, int64_t bytes) {
  return guarded<int32_t>(-1, [&] {
    at::NoGradGuard noGradient;
    auto tensor = borrowed(handle).detach();
    if (!tensor.device().is_cpu()) tensor = tensor.cpu();
    tensor = tensor.contiguous().resolve_conj().resolve_neg();
    TORCH_CHECK(static_cast<int64_t>(tensor.nbytes()) == bytes, "a tensor of shape ",
                tensor.sizes(), " holds ", tensor.nbytes(), " bytes, asked for ", bytes);
    if (bytes > 0) std::memcpy(destination, tensor.const_data_ptr(), bytes);
    return 0;
  });
}

void *hostData(CTorchTensor tensor) {
  auto *target = implementation(tensor);
  if (!target->device().is_cpu()) return nullptr;
  return guarded<void *>(nullptr, [&] { return borrowed(tensor).mutable_data_ptr(); });
}

int32_t itemReal(CTorchTensor tensor, double *value) {
  return guarded<int32_t>(-1, [&] {
    *value = borrowed(tensor).item().toDouble();
    return 0;
  });
}

int32_t itemInteger(CTorchTensor tensor, int64_t *value) {
  return guarded<int32_t>(-1, [&] {
    *value = borrowed(tensor).item().toLong();
    return 0;
  });
}

// ---- Differentiation ---------------------------------------------------------------------------

int32_t gradients(const CTorchTensor *outputs, int32_t outputCount,
                  const CTorchTensor *outputGradients, const CTorchTensor *inputs,
                  int32_t inputCount, bool retainGraph, bool createGraph, bool allowUnused,
                  CTorchTensor *results) {
  return guarded<int32_t>(-1, [&] {
    std::vector<at::Tensor> from, to, seeds;
    from.reserve(outputCount);
    to.reserve(inputCount);
    for (int32_t i = 0; i < outputCount; ++i) from.push_back(borrowed(outputs[i]));
    for (int32_t i = 0; i < inputCount; ++i) to.push_back(borrowed(inputs[i]));
    if (outputGradients) {
      for (int32_t i = 0; i < outputCount; ++i) {
        seeds.push_back(outputGradients[i] ? borrowed(outputGradients[i]) : at::Tensor());
      }
    }
    auto found = torch::autograd::grad(from, to, seeds, retainGraph, createGraph, allowUnused);
    for (int32_t i = 0; i < inputCount; ++i) results[i] = owned(std::move(found[i]));
    return 0;
  });
}

int32_t addGradientHook(CTorchTensor tensor, void *context,
                        CTorchTensor (*hook)(void *, CTorchTensor), void (*release)(void *)) {
  return guarded<int32_t>(-1, [&] {
    std::shared_ptr<void> kept(context, release);
    auto number = borrowed(tensor).register_hook([kept, hook](const at::Tensor &gradient) {
      if (!gradient.defined()) return gradient;
      auto *replacement = hook(kept.get(), owned(at::Tensor(gradient)));
      return replacement ? at::Tensor(TensorPointer::reclaim(implementation(replacement))) : gradient;
    });
    return static_cast<int32_t>(number);
  });
}

int32_t removeGradientHook(CTorchTensor tensor, int32_t number) {
  return guarded<int32_t>(-1, [&] {
    borrowed(tensor).remove_hook(static_cast<unsigned>(number));
    return 0;
  });
}

// ---- Mixed precision ---------------------------------------------------------------------------

int32_t setAutocast(int32_t deviceKind, bool enabled, int32_t elementType) {
  return guarded<int32_t>(-1, [&] {
    auto kind = static_cast<c10::DeviceType>(deviceKind);
    int32_t earlier = static_cast<int32_t>(at::autocast::get_autocast_dtype(kind)) * 2 +
                      (at::autocast::is_autocast_enabled(kind) ? 1 : 0);
    at::autocast::set_autocast_dtype(kind, static_cast<at::ScalarType>(elementType));
    at::autocast::set_autocast_enabled(kind, enabled);
    return earlier;
  });
}

void nestAutocast(int32_t step) {
  guarded<int32_t>(-1, [&] {
    if (step > 0) {
      at::autocast::increment_nesting();
    } else if (at::autocast::decrement_nesting() == 0) {
      at::autocast::clear_cache();
    }
    return 0;
  });
}

// ---- Devices and random numbers ----------------------------------------------------------------

int32_t cudaDeviceCount() {
  return guarded<int32_t>(0, [] {
    return at::hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
  });
}

int32_t synchronize(int64_t device) {
  return guarded<int32_t>(-1, [&] {
    auto target = decoded(device);
    if (target.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(target.index());
    return 0;
  });
}

CTorchGenerator makeGenerator(int64_t device, uint64_t seed) {
  return guarded<CTorchGenerator>(nullptr, [&] {
    auto target = decoded(device);
    at::Generator generator = target.is_cpu()
                                  ? at::make_generator<at::CPUGeneratorImpl>(seed)
                                  : at::globalContext().defaultGenerator(target).clone();
    {
      std::lock_guard<std::mutex> lock(generator.mutex());
      generator.set_current_seed(seed);
    }
    return reinterpret_cast<CTorchGenerator>(new at::Generator(std::move(generator)));
  });
}

CTorchGenerator defaultGenerator(int64_t device) {
  return guarded<CTorchGenerator>(nullptr, [&] {
    return reinterpret_cast<CTorchGenerator>(
        new at::Generator(at::globalContext().defaultGenerator(decoded(device))));
  });
}

int32_t seedGenerator(CTorchGenerator generator, uint64_t seed) {
  return guarded<int32_t>(-1, [&] {
    auto &target = generatorOf(generator);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_current_seed(seed);
    return 0;
  });
}

CTorchTensor generatorState(CTorchGenerator generator) {
  return guarded<CTorchTensor>(nullptr, [&] {
    auto &target = generatorOf(generator);
    std::lock_guard<std::mutex> lock(target.mutex());
    return owned(target.get_state());
  });
}

int32_t setGeneratorState(CTorchGenerator generator, CTorchTensor state) {
  return guarded<int32_t>(-1, [&] {
    auto &target = generatorOf(generator);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_state(borrowed(state));
    return 0;
  });
}

// ---- The table ---------------------------------------------------------------------------------

const CTorchAPI table = {
    CTORCH_ABI_VERSION,
    TORCH_VERSION,

    [] { return lastError.message.c_str(); },
    [] { return lastError.details.c_str(); },

    findOperator,
    [](CTorchOperator operation) {
      return reinterpret_cast<Operator *>(operation)->schema.c_str();
    },
    operatorNames,
    call,
    callTensor,
    [](const void *list) { std::free(const_cast<void *>(list)); },

    [](CTorchTensor tensor) { return owned(borrowed(tensor)); },
    [](CTorchTensor tensor) { TensorPointer::reclaim(implementation(tensor)); },
    tensorFromHost,
    tensorOnHostMemory,
    copyToHost,
    [](CTorchTensor tensor) { return static_cast<int32_t>(implementation(tensor)->dim()); },
    [](CTorchTensor tensor) { return implementation(tensor)->sizes().data(); },
    [](CTorchTensor tensor) { return implementation(tensor)->strides().data(); },
    [](CTorchTensor tensor) { return implementation(tensor)->numel(); },
    [](CTorchTensor tensor) {
      return static_cast<int32_t>(c10::typeMetaToScalarType(implementation(tensor)->dtype()));
    },
    [](CTorchTensor tensor) { return encoded(implementation(tensor)->device()); },
    [](CTorchTensor tensor) { return implementation(tensor)->is_contiguous(); },
    hostData,
    itemReal,
    itemInteger,

    [](CTorchTensor tensor) { return borrowed(tensor).requires_grad(); },
    [](CTorchTensor tensor, bool value) {
      return guarded<int32_t>(-1, [&] {
        borrowed(tensor).set_requires_grad(value);
        return 0;
      });
    },
    [](CTorchTensor tensor) { return borrowed(tensor).is_leaf(); },
    gradients,
    addGradientHook,
    removeGradientHook,
    [] { return c10::GradMode::is_enabled(); },
    [](bool enabled) { c10::GradMode::set_enabled(enabled); },
    [] { return reinterpret_cast<CTorchInference>(new c10::InferenceMode(true)); },
    [](CTorchInference inference) { delete reinterpret_cast<c10::InferenceMode *>(inference); },

    setAutocast,
    nestAutocast,

    cudaDeviceCount,
    synchronize,

    makeGenerator,
    defaultGenerator,
    [](CTorchGenerator generator) { delete &generatorOf(generator); },
    seedGenerator,
    generatorState,
    setGeneratorState,

    [] { return static_cast<int32_t>(at::get_num_threads()); },
    [](int32_t count) { at::set_num_threads(count); },
    [](bool enabled) { at::globalContext().setDeterministicAlgorithms(enabled, true); },
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const CTorchAPI *danlu_ctorch_api(void) {
  return &table;
}
