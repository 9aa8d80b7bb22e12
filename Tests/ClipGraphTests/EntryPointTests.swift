import ClipGraph
import Graphs
import Operators
import Preprocessing
import Tensors
import Testing

/// Entry points of small graphs, by type, name and dependence.
struct EntryPointTests {
  private func pooled(_ x: Tensor, _ width: Int) -> Tensor {
    let flat = x.builder.apply(Flatten(), [x])
    let weight = NDArray((0..<12 * width).map { Float($0 % 7) / 7 - 0.4 }, [12, width])
    return flat.matmul(x.builder.parameter("w", weight))
  }

  private func words(_ ids: Tensor) -> Tensor {
    let table = ids.builder.parameter("table", NDArray((0..<80).map { Float($0 * $0 % 11) - 5 }, [20, 4]))
    return ids.builder.apply(Gather(axis: 0), [table, ids]).mean([1])
  }

  @Test func outputsBelongToWhatTheyDependOn() throws {
    let graph = try Graph.build("g") { b in
      // Names that say nothing, and one that lies.
      let image = b.input("in0", .float32, [.symbol("n"), 3, 2, 2])
      let text = b.input("in1", .int32, [.symbol("m"), 5])
      let mask = b.input("mask", .int64, [.symbol("m"), 5])
      b.output("image_of_text", words(text) + b.apply(Cast(to: .float32), [mask]).mean([1], keepDimensions: true))
      b.output("out1", pooled(image, 4))
    }
    let points = EntryPoints(graph)
    #expect(points.image?.input == "in0" && points.image?.output == "out1")
    #expect(points.text?.input == "in1" && points.text?.output == "image_of_text")
    #expect(points.companions.map(\.role) == [.mask] && points.tokenTableRows == 20)
    #expect(points.assumptions.contains { $0.value == "out1" })
    let companions = points.companions(lengths: [2, 5], length: 5)
    #expect(companions["mask"]?.integers == [1, 1, 0, 0, 0, 1, 1, 1, 1, 1])
  }

  @Test func factorsOfLogitsAreFeatures() throws {
    let graph = try Graph.build("g") { b in
      let image = b.input("image", .float32, [2, 3, 2, 2])
      let text = b.input("text", .int64, [3, 5])
      let scale = b.parameter("m.logit_scale", NDArray(Float(2)))
      let logits = (pooled(image, 4) * scale.exp()).matmul(words(text).transposed())
      b.output("logits_per_image", logits)
      b.output("logits_per_text", logits.transposed())
    }
    let points = EntryPoints(graph)
    #expect(points.image?.outputType.shape == [2, 4] && points.text?.outputType.shape == [3, 4])
    #expect(points.image?.batch == 2 && points.logits == "logits_per_image")
    let clip = try CLIP(Model(graph: graph), options: CLIP.Options(threads: 1))
    #expect(abs(clip.logitScale - 7.389_056) < 1e-4)
    #expect(clip.preprocessing?.size == 2)
  }

  @Test func theScaleIsMeasuredWhereNoNameTellsIt() throws {
    let graph = try Graph.build("g") { b in
      let image = pooled(b.input("image", .float32, [.symbol("n"), 3, 2, 2]), 4)
      let text = words(b.input("text", .int64, [.symbol("m"), 5]))
      func unit(_ x: Tensor) -> Tensor { x / (x * x).sum([-1], keepDimensions: true).squareRoot() }
      // A bias moves all logits alike.
      b.output("logits_per_image", unit(image).matmul(unit(text).transposed()) * 31 + b.constant(-4))
      b.output("image_embeds", image)
      b.output("text_embeds", text)
    }
    let clip = try CLIP(Model(graph: graph), options: CLIP.Options(threads: 1))
    #expect(abs(clip.logitScale - 31) < 0.1)
    #expect(clip.assumptions.contains { $0.subject == "logit scale" && $0.source.contains("measured") })
  }

  @Test func otherGraphsAreNamed() throws {
    let graph = try Graph.build("g") { b in b.output("y", b.input("x", .float32, [3, 4]).exp()) }
    #expect(throws: ClipGraphError.self) { try CLIP(Model(graph: graph)) }
    do { _ = try CLIP(Model(graph: graph)) } catch { #expect("\(error)".contains("x f32[3, 4]")) }
  }

  /// Exporters that leave every axis open: what is known of all runs is bound, the number of items is not.
  @Test func openAxesAreBound() throws {
    let graph = try Graph.build("g") { b in
      let image = b.input("pixel_values", .float32, [.symbol("images"), .symbol("c"), .symbol("h"), .symbol("w")])
      let text = b.input("input_ids", .int64, [.symbol("texts"), .symbol("length")])
      let mask = b.input("attention_mask", .int64, [.symbol("texts"), .symbol("length")])
      let weights = b.apply(Cast(to: .float32), [mask]).mean([1], keepDimensions: true)
      b.output("image_embeds", image.mean([2, 3]))
      b.output("text_embeds", words(text) * weights)
    }
    let points = try EntryPoints(graph).bound(side: 6, length: 5, place: "g")
    #expect(points.image?.inputType.shape == [.symbol("images"), 3, 6, 6])
    #expect(points.image?.outputType.shape == [.symbol("images"), 3])
    #expect(points.text?.inputType.shape == [.symbol("texts"), 5] && points.graph.symbols == ["images", "texts"])
    #expect(points.companions.first?.type.shape == [.symbol("texts"), 5])
    var options = CLIP.Options(threads: 1)
    options.preparation.imageSize = 6
    let clip = try CLIP(Model(graph: graph), options: options)
    let features = try clip.encode(pictures: [Self.picture(10), Self.picture(90)])
    #expect(features.rows == 2 && features.width == 3)
    for size in [0, -6, 1 << 40] {
      options.preparation.imageSize = size
      let error = #expect(throws: ClipGraphError.self) { try CLIP(Model(graph: graph), options: options) }
      #expect(error?.message.contains("\(size) pixels a side") == true)
    }
  }

  /// Sizes that no run could have.
  @Test(arguments: [
    (Shape([0, 3, 4, 4]), "items at once"), (Shape([1 << 40, 3, 4, 4]), "items at once"),
    (Shape([1, 3, 4, 5]), "no squares"), (Shape([1, 3, 1 << 40, 1 << 40]), "no picture"),
  ])
  func sizesAreBounded(shape: Shape, words: String) throws {
    let graph = try Graph.build("g") { b in
      b.output("embedding", b.input("pixels", .float32, shape).mean([2, 3]))
    }
    do {
      _ = try CLIP(Model(graph: graph))
      Issue.record("it is taken")
    } catch { #expect("\(error)".contains(words), "\(error)") }
  }

  @Test(arguments: [Shape([2, 3, 4, 4]), Shape([2, 4, 4, 3])], [ScalarType.float32, .uint8, .float16])
  func pixelsComeAsTheInputTakesThem(shape: Shape, scalar: ScalarType) throws {
    let graph = try Graph.build("g") { b in
      let x = b.input("pixels", scalar, shape)
      let numbers = scalar == .float32 ? x : b.apply(Cast(to: .float32), [x])
      let channelsFirst = shape[1] == 3 ? numbers : numbers.transposed([0, 3, 1, 2])
      b.output("embedding", channelsFirst.mean([2, 3]))
    }
    let clip = try CLIP(Model(graph: graph), options: CLIP.Options(threads: 1))
    let pictures = [10, 90, 200].map { Self.picture($0) }
    let features = try clip.encode(pictures: pictures)
    #expect(features.rows == 3 && features.width == 3)
    let preprocessing = try #require(clip.preprocessing)
    for (row, level) in [10, 90, 200].enumerated() {
      for channel in 0..<3 {
        let value =
          scalar == .uint8
          ? Float(level + channel)
          : (Float(level + channel) / 255 - preprocessing.mean[channel]) / preprocessing.std[channel]
        #expect(abs(features[row][row * 3 + channel] - value) < 2e-3 * max(1, abs(value)))
      }
    }
  }

  /// A picture of one colour: (level, level + 1, level + 2).
  private static func picture(_ level: UInt8) -> DecodedImage {
    DecodedImage(rgb: (0..<64).flatMap { _ in [level, level + 1, level + 2] }, width: 8, height: 8)
  }
}
