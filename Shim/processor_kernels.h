// MKL's choice of kernels on processors of other makers.
//
// libtorch carries MKL, which asks `mkl_serv_intel_cpu_true` before anything else and keeps every
// processor that is not Intel's from its AVX-512 kernels, whatever the processor can do. On one with
// full-width AVX-512, matrix products then take two to three times as long as they need. The dynamic
// linker looks the function up in the library that is opened first, which is the shim: here the
// answer is what the processor can do. MKL still checks each instruction set by itself.
//
// DANLU_MKL=vendor leaves the decision to the maker's name.
#pragma once

#if defined(__x86_64__) && defined(__linux__)

#include <cstdlib>
#include <cstring>

extern "C" __attribute__((visibility("default"))) int mkl_serv_intel_cpu_true() {
  static const bool takesFullKernels = [] {
    __builtin_cpu_init();
    const char *choice = std::getenv("DANLU_MKL");
    if (choice != nullptr && std::strcmp(choice, "vendor") == 0) return __builtin_cpu_is("intel") != 0;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }();
  return takesFullKernels ? 1 : 0;
}

#endif
