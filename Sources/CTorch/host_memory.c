#include "host_memory.h"

// Tells whether the C library is glibc.
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

void danlu_keep_freed_pages(size_t kept, size_t heap_block) {
  mallopt(M_TRIM_THRESHOLD, (int)kept);
  mallopt(M_MMAP_THRESHOLD, (int)heap_block);
}
#else
void danlu_keep_freed_pages(size_t kept, size_t heap_block) {
  (void)kept;
  (void)heap_block;
}
#endif
