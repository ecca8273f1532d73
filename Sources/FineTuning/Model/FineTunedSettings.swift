/// What a folder's `fine-tuning.json` says beside the model's own configuration.
public struct FineTunedSettings: Codable, Sendable, Equatable {
  public var task: FineTuningTask
  /// In the order of their classes; empty for `extract` and `generate`.
  public var labels: [String]
  /// The most tokens that the model reads at once.
  public var maxLength: Int
  /// Whether `tag` decodes by a conditional random field.
  public var usesField: Bool
  /// By which the field's stored transitions are multiplied.
  public var fieldMultiplier: Double
  /// Whether some questions had no answer, so that the model may say so.
  public var allowsNoAnswer: Bool
  /// Which columns were read.
  public var columns: ColumnNames

  public init(
    task: FineTuningTask, labels: [String] = [], maxLength: Int = 128, usesField: Bool = true,
    fieldMultiplier: Double = 1, allowsNoAnswer: Bool = false,
    columns: ColumnNames = ColumnNames()
  ) {
    self.task = task
    self.labels = labels
    self.maxLength = maxLength
    self.usesField = usesField
    self.fieldMultiplier = fieldMultiplier
    self.allowsNoAnswer = allowsNoAnswer
    self.columns = columns
  }
}
