#include "CVectorKernels.h"

#include <math.h>

// Products are not contracted to fused multiply-adds in training: every instruction set then
// rounds alike, so that a run on one thread gives the same bytes whichever kernels run it. The
// loops wait for memory, so that this costs nothing that could be measured.
#pragma STDC FP_CONTRACT OFF

typedef float Lanes __attribute__((vector_size(64), aligned(64)));
typedef int32_t IntegerLanes __attribute__((vector_size(64), aligned(64)));
typedef float Half __attribute__((vector_size(32)));
typedef float Quarter __attribute__((vector_size(16)));

enum { width = 16 };

// 512-bit values only pass between functions that are inlined into one another.
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINE static inline __attribute__((always_inline))

#define JOIN_NAMES(a, b) a##b
#define JOIN(a, b) JOIN_NAMES(a, b)
#define NAMED(name) JOIN(name, LEVEL)

// What each processor of the architecture has: SSE2 on x86-64, NEON on arm64.
#define LEVEL Baseline
#define LEVEL_NAME "baseline"
#if defined(__aarch64__)
#define TILE_QUERIES 6
#else
#define TILE_QUERIES 3
#endif
#define TILE_PANELS 1
#include "kernels_body.h"
#undef LEVEL
#undef LEVEL_NAME
#undef TILE_QUERIES
#undef TILE_PANELS

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LEVEL AVX2
#define LEVEL_NAME "AVX2"
#define TILE_QUERIES 6
#define TILE_PANELS 1
#include "kernels_body.h"
#undef LEVEL
#undef LEVEL_NAME
#undef TILE_QUERIES
#undef TILE_PANELS
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define LEVEL AVX512
#define LEVEL_NAME "AVX-512"
#define TILE_QUERIES 12
#define TILE_PANELS 2
#include "kernels_body.h"
#undef LEVEL
#undef LEVEL_NAME
#undef TILE_QUERIES
#undef TILE_PANELS
#pragma clang attribute pop

#endif

const VectorKernels *vectorKernelsOfLevel(int level) {
  switch (level) {
    case 0:
      return &kernelsBaseline;
#if defined(__x86_64__)
    case 1:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernelsAVX2 : NULL;
    case 2:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                     && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                 ? &kernelsAVX512
                 : NULL;
#endif
    default:
      return NULL;
  }
}

const VectorKernels *vectorKernels(void) {
  for (int level = VectorKernelLevels - 1; level > 0; level--) {
    const VectorKernels *kernels = vectorKernelsOfLevel(level);
    if (kernels) return kernels;
  }
  return &kernelsBaseline;
}
