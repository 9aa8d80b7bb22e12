import Graphs
import Tensors

/// Which inputs of a training step take pictures and captions, whatever they are called: known by type and name, as those of
/// inference are.
public struct StepInputs: Sendable {
  /// Pictures [batch, 3, height, width], or with channels last.
  public let image: (name: String, type: TensorType)
  /// Captions [batch, tokens].
  public let text: (name: String, type: TensorType)
  private let companions: [EntryPoints.Companion]

  /// - Parameters:
  ///   - step: an algorithm.
  ///   - place: names the model in errors.
  /// - Throws: `ClipGraphError` for a step that needs other tensors than these and what accompanies captions.
  init(_ step: Graph, place: String) throws(ClipGraphError) {
    let roles = InputRoles(step)
    func named(_ id: ValueID) -> (name: String, type: TensorType) { (step[id].name, step[id].type) }
    func list(_ ids: [ValueID]) -> String { ids.map { "\(step[$0].name) \(step[$0].type)" }.joined(separator: ", ") }
    let advice = "`clipgraph run --train` takes a step on any tensors"
    guard let image = roles.image, let text = roles.text else {
      let missing = roles.image == nil ? "pictures [batch, 3, height, width]" : "captions [batch, tokens]"
      throw ClipGraphError(place, "its step takes no \(missing): its inputs are \(list(step.inputs)); \(advice)")
    }
    (self.image, self.text) = (named(image), named(text))
    companions = roles.companions.map {
      EntryPoints.Companion(role: $0.role, name: step[$0.id].name, type: step[$0.id].type)
    }
    let known = Set([image, text] + roles.companions.map(\.id))
    let others = step.inputs.filter { !known.contains($0) }
    guard others.isEmpty else {
      throw ClipGraphError(
        place,
        "its step also reads \(list(others)), but data give pictures (here \(self.image.name)) and captions (here "
          + "\(self.text.name)) alone; \(advice)")
    }
    guard self.image.type.scalar.isFloat else {
      throw ClipGraphError(
        place, "its input \(self.image.name) is \(self.image.type), but data give normalised pixels; \(advice)")
    }
  }

  /// The name of a step's input for captions [batch, tokens]; nil where it has none.
  public static func captions(of step: Graph) -> String? { InputRoles(step).text.map { step[$0].name } }

  /// Samples of a step, where the file is made for a number of them.
  public var batch: Int? { image.type.shape[0].constant ?? text.type.shape[0].constant }

  /// A batch as the step takes it.
  ///
  /// - Parameters:
  ///   - images: normalised pixels [N, 3, height, width], float32.
  ///   - captions: identifiers [N, tokens], int64.
  ///   - lengths: tokens of each caption that are no padding.
  public func arrays(images: NDArray, captions: NDArray, lengths: [Int]) -> [String: NDArray] {
    var arrays = companions.arrays(lengths: lengths, length: captions.sizes.last ?? 0)
    let isAsItIs = image.type.scalar == images.scalar && !image.type.hasChannelsLast
    arrays[image.name] = isAsItIs ? images : image.type.pictures(images.values(as: Float.self), images.sizes)
    arrays[text.name] =
      text.type.scalar == captions.scalar
      ? captions : NDArray(whole: captions.values(as: Int64.self).map(Int.init), captions.sizes, as: text.type.scalar)
    return arrays
  }
}
