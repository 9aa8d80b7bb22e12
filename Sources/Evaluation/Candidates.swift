import Foundation

/// `KEY.json` of a sample that brings its own labels.
struct Candidates: Decodable {
  var candidates: [String]
  /// Position of the right one.
  var answer: Int
}
