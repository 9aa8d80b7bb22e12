import Checkpoints
import Datasets
import Foundation
import Graphs
import ONNX
import Operators
import Passes
import Preprocessing

/// A reader under test: it takes any bytes, and answers with what they hold or with an error.
enum Subject: String, CaseIterable {
  case onnx
  /// Reads a model and puts it through the passes of inference.
  case compile
  case safetensors
  case torch
  case jpeg
  case png
  case webp
  case tar
  case tokenizer
  case caption
  case table
  case jsonl

  /// What the name of a file must end with to be taken for this kind.
  private var ending: String {
    switch self {
    case .table: return "csv"
    case .tokenizer: return "json"
    default: return rawValue
    }
  }

  /// The file that readers of files are given.
  var scratch: String {
    let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    return "\(folder)/clipgraph-fuzz-\(getpid()).\(ending)"
  }

  /// Reads the bytes; whatever is thrown is an answer.
  func read(_ bytes: [UInt8], scratch: String) throws {
    switch self {
    case .onnx: _ = try Model(bytes: bytes, catalogue: .standard)
    case .compile:
      _ = try Pipeline.inference.run(try Model(bytes: bytes, catalogue: .standard).graph)
    case .jpeg, .png, .webp: _ = try DecodedImage(data: bytes, applyingOrientation: true)
    case .caption:
      let text = String(decoding: bytes, as: UTF8.self)
      for kind in TokenizerKind.allCases {
        let tokenizer = Tokenizer(vocabulary: BytePairVocabulary(), kind: kind)
        _ = tokenizer.decode(tokenizer.encode(text))
        _ = try? tokenizer.tokenize([text], truncate: true)
      }
    case .safetensors, .torch:
      try write(bytes, to: scratch)
      _ = try WeightFile(contentsOf: scratch)
    case .tar:
      try write(bytes, to: scratch)
      _ = try WebDataset(shards: [scratch]).count()
    case .tokenizer:
      try write(bytes, to: scratch)
      _ = try BytePairVocabulary(contentsOf: scratch)
    case .table, .jsonl:
      try write(bytes, to: scratch)
      _ = try DataSource.open(scratch)
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(.EIO) }
    defer { close(descriptor) }
    guard bytes.withUnsafeBytes({ Foundation.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
      throw POSIXError(.ENOSPC)
    }
  }
}
