import Formats
import Foundation
import Parallel
import Testing
import Torch
import Tracking

@testable import Articles
@testable import Recipes

/// All tests that train, one after the other: they share the process-wide random generator.
@Suite(.serialized) struct SerialTests {}
