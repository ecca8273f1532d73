// Operators that small calls reach without libtorch's dispatcher and without boxing.
//
// Dispatching costs an addition of two 4×4 tensors several times what adding takes. An entry of this
// table handles the plain case of its operator exactly as libtorch does, the same bits and the same
// graph nodes, and declines every other case, which then goes the usual way.

#ifndef DANLU_DIRECT_OPERATORS_H
#define DANLU_DIRECT_OPERATORS_H

#include "ctorch.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/record_function.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/generated/Functions.h>
#include <torch/version.h>

#include <string>
#include <unordered_map>

namespace direct {

/// An operator's plain case: gives the result, or an undefined tensor when the case is not plain.
using Call = at::Tensor (*)(const CTorchSlot *slots, int32_t count);

/// A tensor that somebody else keeps alive, without touching its reference count.
class Borrowed {
 public:
  explicit Borrowed(CTorchTensor handle)
      : tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
            reinterpret_cast<c10::TensorImpl *>(handle))) {}
  ~Borrowed() { tensor.unsafeReleaseTensorImpl(); }
  Borrowed(const Borrowed &) = delete;
  Borrowed &operator=(const Borrowed &) = delete;
  const at::Tensor &operator*() const { return tensor; }

 private:
  at::Tensor tensor;
};

/// Reshape, whose cost is its boxed list.
inline at::Tensor reshape(const CTorchSlot *slots, int32_t count) {
  if (count != 2 || slots[0].tag != CTORCH_TENSOR || slots[1].tag != CTORCH_INTEGERS) return {};
  return at::reshape(*Borrowed(slots[0].tensor),
                     at::IntArrayRef(slots[1].integers, static_cast<size_t>(slots[1].count)));
}

// ---- Elementwise arithmetic of two small tensors -----------------------------------------------

// Graph nodes are intrusively counted from libtorch 2.13 on; earlier ones go the usual way.
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 13

/// Above this many elements the dispatcher's share is small and libtorch's vectorized kernels win.
constexpr int64_t largestCount = 256;

/// Whether this thread runs plain: no autocast, no inference mode, no transform, no profiler, no
/// anomaly detection.
inline bool threadIsPlain() {
  const auto local = c10::impl::tls_local_dispatch_key_set();
  return local.included_ == c10::default_included_set &&
         local.excluded_ == c10::default_excluded_set && !at::hasCallbacks() &&
         !torch::autograd::AnomalyMode::is_enabled();
}

/// Whether a tensor is a dense one on the CPU with no special view (conjugate, negative), subclass
/// or forward gradient.
inline bool isPlain(const at::Tensor &tensor) {
  static const c10::DispatchKeySet plain = at::detail::empty_cpu({1}, at::kFloat).key_set();
  return tensor.key_set() == plain && !torch::autograd::isFwGradDefined(tensor);
}

/// What addition and subtraction have in common: a factor, left out here, and nothing saved but types.
template <typename GraphNode>
struct Linear {
  using Node = GraphNode;
  static constexpr bool takesAlpha = true;
  static void save(Node &node, const at::Tensor &a, const at::Tensor &b) {
    node.alpha = 1;
    node.self_scalar_type = a.scalar_type();
    node.other_scalar_type = b.scalar_type();
  }
};

struct Add : Linear<torch::autograd::generated::AddBackward0> {
  template <typename Scalar>
  static Scalar of(Scalar a, Scalar b) { return a + b; }
};

struct Subtract : Linear<torch::autograd::generated::SubBackward0> {
  template <typename Scalar>
  static Scalar of(Scalar a, Scalar b) { return a - b; }
};

struct Multiply {
  using Node = torch::autograd::generated::MulBackward0;
  static constexpr bool takesAlpha = false;
  template <typename Scalar>
  static Scalar of(Scalar a, Scalar b) { return a * b; }
  static void save(Node &node, const at::Tensor &a, const at::Tensor &b) {
    if (node.should_compute_output(0)) node.other_ = torch::autograd::SavedVariable(b, false);
    if (node.should_compute_output(1)) node.self_ = torch::autograd::SavedVariable(a, false);
    node.self_scalar_type = a.scalar_type();
    node.other_scalar_type = b.scalar_type();
  }
};

struct Divide {
  using Node = torch::autograd::generated::DivBackward0;
  static constexpr bool takesAlpha = false;
  template <typename Scalar>
  static Scalar of(Scalar a, Scalar b) { return a / b; }
  static void save(Node &node, const at::Tensor &a, const at::Tensor &b) {
    node.other_ = torch::autograd::SavedVariable(b, false);
    if (node.should_compute_output(1)) node.self_ = torch::autograd::SavedVariable(a, false);
    node.self_scalar_type = a.scalar_type();
  }
};

template <typename Operation, typename Scalar>
void compute(const at::Tensor &a, const at::Tensor &b, const at::TensorBase &result) {
  const auto *left = static_cast<const Scalar *>(a.const_data_ptr());
  const auto *right = static_cast<const Scalar *>(b.const_data_ptr());
  auto *out = static_cast<Scalar *>(result.mutable_data_ptr());
  for (int64_t i = 0, count = a.numel(); i < count; ++i) out[i] = Operation::of(left[i], right[i]);
}

/// `a ∘ b` of two small contiguous tensors of one shape and one type, float32 or float64.
template <typename Operation>
at::Tensor elementwise(const CTorchSlot *slots, int32_t count) {
  // A third argument is the factor alpha of add and sub; left out, it is 1.
  if (count < 2 || slots[0].tag != CTORCH_TENSOR || slots[1].tag != CTORCH_TENSOR) return {};
  if (count > 2 && !(Operation::takesAlpha && count == 3 && slots[2].tag == CTORCH_DEFAULT)) return {};
  const Borrowed left(slots[0].tensor), right(slots[1].tensor);
  const at::Tensor &a = *left, &b = *right;
  const auto type = a.scalar_type();
  if ((type != at::kFloat && type != at::kDouble) || b.scalar_type() != type ||
      a.numel() > largestCount || !a.sizes().equals(b.sizes()) || !isPlain(a) || !isPlain(b) ||
      !a.is_contiguous() || !b.is_contiguous() || !threadIsPlain())
    return {};

  at::Tensor result(at::detail::empty_cpu(a.sizes(), type));
  if (type == at::kFloat) {
    compute<Operation, float>(a, b, result);
  } else {
    compute<Operation, double>(a, b, result);
  }
  if (torch::autograd::compute_requires_grad(a, b)) {
    auto node = c10::make_intrusive<typename Operation::Node>();
    node->set_next_edges(torch::autograd::collect_next_edges(a, b));
    Operation::save(*node, a, b);
    torch::autograd::set_history(result, node);
  }
  return result;
}

#endif

/// The direct form of an operator ("aten::add.Tensor"), or null.
inline Call find(const std::string &name) {
  static const std::unordered_map<std::string, Call> known = {
      {"aten::reshape.", reshape},
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 13
      {"aten::add.Tensor", elementwise<Add>},
      {"aten::sub.Tensor", elementwise<Subtract>},
      {"aten::mul.Tensor", elementwise<Multiply>},
      {"aten::div.Tensor", elementwise<Divide>},
#endif
  };
  const auto found = known.find(name);
  return found == known.end() ? nullptr : found->second;
}

}  // namespace direct

#endif
