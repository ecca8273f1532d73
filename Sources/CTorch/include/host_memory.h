#ifndef DANLU_HOST_MEMORY_H
#define DANLU_HOST_MEMORY_H

#include <stddef.h>

/// Keeps up to `kept` freed bytes at the end of the heap for later blocks, and takes blocks of up to
/// `heap_block` bytes from the heap at all (at most 32 MiB). Does nothing where the C library is not
/// glibc, whose header Swift's Glibc module leaves out.
void danlu_keep_freed_pages(size_t kept, size_t heap_block);

#endif
