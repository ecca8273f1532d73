extension String {
  /// A text of these scalars. Quick for ASCII, of which commands of TeX and English words are; appending scalar by
  /// scalar took a sixth of an export.
  init(scalars: some Collection<Unicode.Scalar>) {
    if scalars.allSatisfy(\.isASCII) {
      self.init(unsafeUninitializedCapacity: scalars.count) { buffer in
        for (place, scalar) in scalars.enumerated() { buffer[place] = UInt8(scalar.value) }
        return scalars.count
      }
    } else {
      self.init(String.UnicodeScalarView(scalars))
    }
  }
}
