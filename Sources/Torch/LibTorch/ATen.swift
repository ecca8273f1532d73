/// The operators that the methods of `Tensor` call, each looked up once, at its first use. The files
/// that use them extend this namespace.
enum ATen {}
