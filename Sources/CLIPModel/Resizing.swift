import Foundation
import Graphs
import Operators
import Tensors

/// Another image size or context length than a model's own. Its weights serve but for the positional embeddings, of which
/// those of the image are interpolated and those of the text cut off.
public struct Resizing: Hashable, Sendable {
  /// Side of the square input in pixels; nil leaves it.
  public var imageSize: Int?
  /// Tokens in a caption; nil leaves it, and it may only shrink.
  public var contextLength: Int?
  public var interpolation: PositionInterpolation

  /// The largest image that can be asked for.
  static let largest = 4096
  /// The most numbers in interpolated embeddings.
  static let mostPositions = 1 << 28

  public init(imageSize: Int? = nil, contextLength: Int? = nil, interpolation: PositionInterpolation = .bicubic) {
    (self.imageSize, self.contextLength, self.interpolation) = (imageSize, contextLength, interpolation)
  }

  /// The configuration of the resized model.
  ///
  /// - Throws: `ConfigurationError` for sizes that no such model has.
  public func applied(to configuration: CLIPConfiguration) throws(ConfigurationError) -> CLIPConfiguration {
    var result = configuration
    if let imageSize {
      guard (1...Resizing.largest).contains(imageSize) else {
        throw ConfigurationError("image size", "must be 1 ... \(Resizing.largest), not \(imageSize)")
      }
      result.vision.imageSize = imageSize
    }
    if let contextLength {
      guard contextLength <= configuration.text.contextLength else {
        throw ConfigurationError(
          "context length",
          "\(contextLength) is more than the model's \(configuration.text.contextLength): there are no embeddings for it"
        )
      }
      result.text.contextLength = contextLength
    }
    result = try CLIPConfiguration.parse(Data(result.json.utf8), place: "resized model").configuration
    let (count, overflow) = result.vision.tokens.multipliedReportingOverflow(by: result.vision.features)
    guard !overflow, count <= Resizing.mostPositions || result.vision == configuration.vision else {
      throw ConfigurationError(
        "image size", "\(result.vision.imageSize) needs \(result.vision.tokens) positional embeddings")
    }
    return result
  }

  /// The numbers of a resized model from those of `configuration`'s. Interpolated embeddings are in single precision.
  public func source(_ source: @escaping Parameters.Source, of configuration: CLIPConfiguration) -> Parameters.Source {
    let (vision, text) = (configuration.vision, configuration.text)
    let imageName = CLIPConfiguration.imagePositions(vision)
    return { name, sizes in
      if name == imageName, sizes.count == 2, sizes[0] != vision.tokens {
        return source(name, [vision.tokens, sizes[1]]).flatMap { resized($0, from: vision.grid, to: sizes) }
      }
      if name == "positional_embedding", sizes.count == 2, sizes[0] < text.contextLength {
        return source(name, [text.contextLength, sizes[1]]).flatMap { $0.prefix(sizes) }
      }
      return source(name, sizes)
    }
  }

  /// The first token, which is no cell of the grid, stays as it is.
  private func resized(_ positions: NDArray, from old: Int, to sizes: [Int]) -> NDArray? {
    guard positions.sizes == [old * old + 1, sizes[1]], let numbers = positions.inSinglePrecision else {
      return positions
    }
    let new = Int(Double(sizes[0] - 1).squareRoot().rounded())
    let grid = interpolation.resized(Array(numbers.dropFirst(sizes[1])), from: old, to: new, width: sizes[1])
    return NDArray(Array(numbers.prefix(sizes[1])) + grid, sizes)
  }
}

extension CLIPConfiguration {
  /// The name of the image tower's positional embeddings.
  static func imagePositions(_ vision: Vision) -> String {
    switch vision {
    case .transformer: "visual.positional_embedding"
    case .resNet: "visual.attnpool.positional_embedding"
    }
  }
}

extension NDArray {
  /// The first rows of a matrix: a view of the same memory.
  fileprivate func prefix(_ sizes: [Int]) -> NDArray? {
    guard self.sizes.count == 2, sizes[0] <= self.sizes[0], sizes[1] == self.sizes[1] else { return self }
    return try? NDArray(scalar, sizes, storage: storage, offset: offset)
  }

  /// The numbers of an array of any floating-point type.
  fileprivate var inSinglePrecision: [Float]? {
    if scalar == .float32 { return values(as: Float.self) }
    guard scalar.isFloat, let result = try? NDArray(zeros: .float32, sizes),
      let kernel = try? Cast(to: .float32).bind(
        CallSite(
          inputs: [CallSite.Slot(scalar: scalar, sizes: sizes)],
          outputs: [CallSite.Slot(scalar: .float32, sizes: sizes)], threads: 1))
    else { return nil }
    let source = aligned
    let table: [UnsafeMutableRawPointer?] = [source.address, result.address]
    table.withUnsafeBufferPointer { pointers in
      if let base = pointers.baseAddress { kernel.run(Buffers(table: base, inputCount: 1, scratch: nil)) }
    }
    return result.values(as: Float.self)
  }
}
