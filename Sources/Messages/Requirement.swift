/// Ends the process with `message` unless `condition` holds: for programmers' mistakes, such as shapes
/// that do not fit.
///
/// Unlike `precondition`, whose messages optimized builds drop, it says what is wrong in every build.
@inlinable
public func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition() { fatalError(message(), file: file, line: line) }
}
