/// Tokenized texts: identifiers [rows, context], flat.
public struct TokenBatch: Hashable, Sendable {
  public var ids: [Int64]
  public var rows: Int
  public var context: Int

  public init(ids: [Int64], rows: Int, context: Int) {
    self.ids = ids
    self.rows = rows
    self.context = context
  }

  /// The identifiers of one row.
  public subscript(row: Int) -> ArraySlice<Int64> {
    ids[row * context..<(row + 1) * context]
  }
}
