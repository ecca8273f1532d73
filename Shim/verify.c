/* Opens a shim and multiplies two matrices through it: set-up's check that libtorch works here. */

#include "ctorch.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: verify LIBRARY\n");
    return 2;
  }
  void *library = dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  CTorchEntryPoint entry = (CTorchEntryPoint)dlsym(library, "danlu_ctorch_api");
  if (!entry || entry()->abi_version != CTORCH_ABI_VERSION) {
    fprintf(stderr, "%s is not a shim of this version\n", arguments[1]);
    return 1;
  }
  const CTorchAPI *api = entry();
  const float left[] = {1, 2, 3, 4}, right[] = {5, 6, 7, 8}, expected[] = {19, 22, 43, 50};
  const int64_t shape[] = {2, 2};
  const int32_t float32 = 6;
  CTorchSlot slots[2];
  memset(slots, 0, sizeof slots);
  slots[0].tag = slots[1].tag = CTORCH_TENSOR;
  slots[0].tensor = api->tensor_from_host(left, sizeof left, shape, 2, float32, 0);
  slots[1].tensor = api->tensor_from_host(right, sizeof right, shape, 2, float32, 0);
  CTorchOperator product = api->find_operator("aten::mm", "");
  CTorchTensor result = product ? api->call_tensor(product, slots, 2) : NULL;
  float found[4];
  if (!result || api->copy_to_host(result, found, sizeof found) < 0) {
    fprintf(stderr, "%s\n", api->last_error());
    return 1;
  }
  if (memcmp(found, expected, sizeof expected) != 0) {
    fprintf(stderr, "a matrix product came out wrong\n");
    return 1;
  }
  api->release(result);
  api->release(slots[0].tensor);
  api->release(slots[1].tensor);
  return 0;
}
