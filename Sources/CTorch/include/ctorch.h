#ifndef DANLU_CTORCH_H
#define DANLU_CTORCH_H

/// The one door between Swift and libtorch: a table of plain C functions.
///
/// `Shim/ctorch.cpp` fills the table; set-up compiles it against the libtorch that it found, and
/// the Swift target `Torch` opens the result with `dlopen` at the first tensor. Every ATen operator
/// is reached through `call`, by name; the other entries are what operators cannot say.
///
/// Conventions: handles that a function returns are owned by the caller; handles that it is given
/// are borrowed. No C++ exception crosses this line: a function that can fail returns a null handle
/// or a negative number and leaves its reason in `last_error`, which is per thread.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#pragma clang assume_nonnull begin
#else
#define _Nullable
#define _Nonnull
#endif

/// Raised whenever the layout or the meaning of anything below changes.
#define CTORCH_ABI_VERSION 2

typedef struct CTorchTensorOpaque *CTorchTensor;
typedef struct CTorchOperatorOpaque *CTorchOperator;
typedef struct CTorchGeneratorOpaque *CTorchGenerator;
typedef struct CTorchInferenceOpaque *CTorchInference;

/// What a slot holds. Element types and memory formats travel as integers, in libtorch's numbering.
enum {
  CTORCH_DEFAULT = 0,    ///< the value that the operator's schema gives this argument
  CTORCH_NONE = 1,       ///< an optional that is absent
  CTORCH_TENSOR = 2,     ///< `tensor`
  CTORCH_INTEGER = 3,    ///< `integer`; also an element type or a memory format
  CTORCH_REAL = 4,       ///< `real`
  CTORCH_BOOLEAN = 5,    ///< `integer`, 0 or 1
  CTORCH_INTEGERS = 6,   ///< `count` of `integers`
  CTORCH_REALS = 7,      ///< `count` of `reals`
  CTORCH_BOOLEANS = 8,   ///< `count` of `integers`, each 0 or 1
  CTORCH_TENSORS = 9,    ///< `count` of `tensors`; a null one is an absent optional
  CTORCH_STRING = 10,    ///< `count` bytes of `characters`
  CTORCH_DEVICE = 11,    ///< `integer`, kind × 256 + index + 1
  CTORCH_GENERATOR = 12  ///< `generator`
};

/// One argument or result of an operator.
typedef struct {
  int32_t tag;
  int32_t count;
  union {
    int64_t integer;
    double real;
    CTorchTensor _Nullable tensor;
    CTorchGenerator _Nullable generator;
    const int64_t *_Nullable integers;
    const double *_Nullable reals;
    const CTorchTensor _Nullable *_Nullable tensors;
    const char *_Nullable characters;
  };
} CTorchSlot;

typedef struct {
  uint32_t abi_version;
  /// The version of libtorch, such as "2.13.0".
  const char *torch_version;

  // Errors
  /// The last failure of this thread: one line for people.
  const char *_Nonnull (*_Nonnull last_error)(void);
  /// The same with the C++ backtrace, where there is one.
  const char *_Nonnull (*_Nonnull last_error_details)(void);

  // Operators
  /// The operator `name` ("aten::add") with `overload` ("Tensor", or ""). Null if there is none.
  /// Handles live as long as the process.
  CTorchOperator _Nullable (*_Nonnull find_operator)(const char *_Nonnull name,
                                            const char *_Nonnull overload);
  /// The operator's schema as text; valid as long as the process.
  const char *_Nonnull (*_Nonnull operator_schema)(CTorchOperator _Nonnull operation);
  /// All operator names with the prefix `aten::`, one a line; valid as long as the process.
  const char *_Nonnull (*_Nonnull operator_names)(void);
  /// Calls an operator. Arguments come in the order of the schema; missing ones at the end, and
  /// those tagged CTORCH_DEFAULT, take the schema's defaults. Returns how many results were written,
  /// or -1. Lists in results are freed by `free_list`.
  int32_t (*_Nonnull call)(CTorchOperator _Nonnull operation, const CTorchSlot *_Nullable arguments,
                  int32_t count, CTorchSlot *_Nonnull results, int32_t capacity);
  /// The same for an operator with exactly one result, a tensor.
  CTorchTensor _Nullable (*_Nonnull call_tensor)(CTorchOperator _Nonnull operation,
                                        const CTorchSlot *_Nullable arguments, int32_t count);
  void (*_Nonnull free_list)(const void *_Nullable list);

  // Tensors
  /// Another owned handle to the same tensor.
  CTorchTensor _Nonnull (*_Nonnull retain)(CTorchTensor _Nonnull tensor);
  void (*_Nonnull release)(CTorchTensor _Nonnull tensor);
  /// Copies `bytes` bytes of row-major host memory into a new tensor on `device`.
  CTorchTensor _Nullable (*_Nonnull tensor_from_host)(const void *_Nullable data, int64_t bytes,
                                             const int64_t *_Nullable shape, int32_t rank,
                                             int32_t element_type, int64_t device);
  /// A tensor on host memory that it does not own; `release_data(context)` runs when it dies.
  CTorchTensor _Nullable (*_Nonnull tensor_on_host_memory)(void *_Nonnull data,
                                                  const int64_t *_Nullable shape, int32_t rank,
                                                  int32_t element_type,
                                                  void *_Nullable context,
                                                  void (*_Nonnull release_data)(void *_Nullable context));
  /// Copies a tensor's elements, row-major, to host memory of exactly `bytes` bytes.
  int32_t (*_Nonnull copy_to_host)(CTorchTensor _Nonnull tensor, void *_Nullable destination, int64_t bytes);
  int32_t (*_Nonnull rank)(CTorchTensor _Nonnull tensor);
  const int64_t *_Nonnull (*_Nonnull shape)(CTorchTensor _Nonnull tensor);
  const int64_t *_Nonnull (*_Nonnull strides)(CTorchTensor _Nonnull tensor);
  int64_t (*_Nonnull element_count)(CTorchTensor _Nonnull tensor);
  int32_t (*_Nonnull element_type)(CTorchTensor _Nonnull tensor);
  int64_t (*_Nonnull device)(CTorchTensor _Nonnull tensor);
  bool (*_Nonnull is_contiguous)(CTorchTensor _Nonnull tensor);
  /// The first element's address, for tensors in host memory; null for others.
  void *_Nullable (*_Nonnull data)(CTorchTensor _Nonnull tensor);
  /// The only element as a double or an integer; waits for the device.
  int32_t (*_Nonnull item_real)(CTorchTensor _Nonnull tensor, double *_Nonnull value);
  int32_t (*_Nonnull item_integer)(CTorchTensor _Nonnull tensor, int64_t *_Nonnull value);

  // Differentiation
  bool (*_Nonnull requires_gradient)(CTorchTensor _Nonnull tensor);
  int32_t (*_Nonnull set_requires_gradient)(CTorchTensor _Nonnull tensor, bool value);
  bool (*_Nonnull is_leaf)(CTorchTensor _Nonnull tensor);
  /// Gradients of Σ outputs·output_gradients. A null output gradient stands for ones (scalars only).
  /// An input that does not influence the outputs gets a null handle if `allow_unused`.
  int32_t (*_Nonnull gradients)(const CTorchTensor _Nonnull *_Nonnull outputs, int32_t output_count,
                       const CTorchTensor _Nullable *_Nullable output_gradients,
                       const CTorchTensor _Nonnull *_Nonnull inputs, int32_t input_count,
                       bool retain_graph, bool create_graph, bool allow_unused,
                       CTorchTensor _Nullable *_Nonnull results);
  /// Calls `hook` with the whole gradient of a tensor as soon as a backward pass has it; the hook owns it. What it
  /// returns, an owned tensor, takes the gradient's place; null leaves it. `release(context)` runs when the hook is
  /// removed or dies with the tensor. Returns a number for `remove_gradient_hook`, or -1.
  int32_t (*_Nonnull add_gradient_hook)(
      CTorchTensor _Nonnull tensor, void *_Nonnull context,
      CTorchTensor _Nullable (*_Nonnull hook)(void *_Nonnull context, CTorchTensor _Nonnull gradient),
      void (*_Nonnull release)(void *_Nonnull context));
  int32_t (*_Nonnull remove_gradient_hook)(CTorchTensor _Nonnull tensor, int32_t number);
  bool (*_Nonnull gradient_mode)(void);
  void (*_Nonnull set_gradient_mode)(bool enabled);
  CTorchInference _Nonnull (*_Nonnull enter_inference)(void);
  void (*_Nonnull leave_inference)(CTorchInference _Nonnull inference);

  // Mixed precision
  /// Turns autocast on or off for a kind of device, with its element type. Returns the earlier state
  /// as element type × 2 + enabled.
  int32_t (*_Nonnull set_autocast)(int32_t device_kind, bool enabled, int32_t element_type);
  /// Enters (+1) or leaves (-1) an autocast region; the cache of cast weights dies with the last.
  void (*_Nonnull nest_autocast)(int32_t step);

  // Devices
  int32_t (*_Nonnull cuda_device_count)(void);
  int32_t (*_Nonnull synchronize)(int64_t device);

  // Random numbers
  /// A generator for a device. Null if the device is not there.
  CTorchGenerator _Nullable (*_Nonnull make_generator)(int64_t device, uint64_t seed);
  /// The process-wide generator that operators use when they are given none.
  CTorchGenerator _Nullable (*_Nonnull default_generator)(int64_t device);
  void (*_Nonnull release_generator)(CTorchGenerator _Nonnull generator);
  int32_t (*_Nonnull seed_generator)(CTorchGenerator _Nonnull generator, uint64_t seed);
  /// The state as a tensor of bytes on the host.
  CTorchTensor _Nullable (*_Nonnull generator_state)(CTorchGenerator _Nonnull generator);
  int32_t (*_Nonnull set_generator_state)(CTorchGenerator _Nonnull generator, CTorchTensor _Nonnull state);

  // Threads
  int32_t (*_Nonnull thread_count)(void);
  void (*_Nonnull set_thread_count)(int32_t count);
  void (*_Nonnull set_deterministic)(bool enabled);
} CTorchAPI;

/// What the shim exports: `const CTorchAPI *danlu_ctorch_api(void)`.
typedef const CTorchAPI *_Nonnull (*_Nonnull CTorchEntryPoint)(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#ifdef __cplusplus
}
#endif

#endif
