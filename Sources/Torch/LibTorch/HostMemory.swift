import CTorch

/// How the process's allocator treats the large blocks that tensors live in.
enum HostMemory {
  /// Keeps freed pages for the next tensors instead of returning them to the system each time.
  ///
  /// By default glibc returns the end of the heap as soon as a few megabytes of it are free, so a
  /// training step gets most of its memory anew, page fault by page fault: a tenth of the time of a
  /// small convolutional GAN's step. Up to 512 MiB are kept; blocks above 32 MiB still come from the
  /// system and go back at once.
  static func keepFreedPages() { danlu_keep_freed_pages(512 << 20, 32 << 20) }
}
