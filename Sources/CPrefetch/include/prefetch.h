#ifndef DANLU_PREFETCH_H
#define DANLU_PREFETCH_H

/// Asks for the cache line at `address`, to be written soon, without waiting for it. Swift has no such
/// instruction; any address is harmless.
static inline void prefetch(const void *_Nonnull address) { __builtin_prefetch(address, 1); }

#endif
