import CONNX
import Foundation
import Graphs
import Operators
import Tensors
import Testing

@testable import ONNX

/// INT4 and UINT4: read as bytes, computed with as ONNX says, and written as bytes.
struct FourBitTests {
  // MARK: Tensors

  /// A TensorProto by its fields: dims (1), data_type (2), int32_data (5), raw_data (9).
  static func proto(_ dims: [[UInt8]], _ type: FourBitInteger, ints: [UInt8]? = nil, raw: [UInt8]? = nil) -> [UInt8] {
    func field(_ tag: UInt8, _ bytes: [UInt8]?) -> [UInt8] { bytes.map { [tag, UInt8($0.count)] + $0 } ?? [] }
    return dims.flatMap { [0x08] + $0 } + [0x10, UInt8(type.rawValue)] + field(0x2A, ints) + field(0x4A, raw)
  }

  static func decode(_ proto: [UInt8]) throws -> NDArray { try NDArray.named(tensorProto: proto).array }

  @Test func theFirstElementIsTheLowerHalf() throws {
    // Elements of int32_data are varints: 0x81 takes two bytes. The last half is no element.
    for (ints, raw) in [(nil, [0x81, 0x7F, 0x5A]), ([0x81, 0x01, 0x7F, 0x5A], nil)] as [([UInt8]?, [UInt8]?)] {
      let signed = try Self.decode(Self.proto([[5]], .int4, ints: ints, raw: raw))
      #expect(signed == NDArray([1, -8, -1, 7, -6] as [Int8], [5]) && signed.fourBit == .int4)
      let unsigned = try Self.decode(Self.proto([[3], [2]], .uint4, ints: ints, raw: raw))
      #expect(unsigned == NDArray([1, 8, 15, 7, 10, 5] as [UInt8], [3, 2]) && unsigned.fourBit == .uint4)
    }
    #expect(try Self.decode(Self.proto([], .int4, raw: [0xF8])) == NDArray(Int8(-8)))
    #expect(try Self.decode(Self.proto([[3], [0]], .uint4, raw: [])).count == 0)
    #expect(try Self.decode(Self.proto([[0]], .int4)).count == 0)
  }

  @Test(
    arguments: [
      ([[5]], nil, [1, 2], "holds i4[5], two elements a byte: is u8[3], 3 bytes, but its raw data has 2 bytes"),
      ([[5]], nil, [1, 2, 3, 4], "its raw data has 4 bytes"),
      ([[5]], nil, [1, 2, 3, 4, 5], "its raw data has 5 bytes"),
      ([[4]], nil, [], "its raw data has 0 bytes"),
      ([[5]], [1, 2, 3, 4, 5], nil, "3 elements, but its int32_data has 5"),
      ([[5]], [1, 2], nil, "3 elements, but its int32_data has 2"), ([[1]], nil, nil, "but its int32_data has 0"),
      ([[2]], [1], [1], "in several places at once"),
      // 2⁴⁶ and 2⁶² elements, and −1.
      ([[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]], nil, [1], "but its raw data has 1 bytes"),
      ([[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]], nil, [1], "is too large for any memory"),
      ([[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]], nil, [1], "has a negative extent"),
    ] as [([[UInt8]], [UInt8]?, [UInt8]?, String)])
  func otherAmountsAreRefused(dims: [[UInt8]], ints: [UInt8]?, raw: [UInt8]?, words: String) {
    let said = complaint { try Self.decode(Self.proto(dims, .int4, ints: ints, raw: raw)) }
    #expect(said.contains(words), "\(said)")
  }

  @Test func externalDataArePackedToo() throws {
    let directory = try TemporaryDirectory()
    try Data([9, 9, 9, 0x81, 0x7F, 0x5A]).write(to: directory.url.appending(path: "w.bin"))
    func read(offset: Int, length: Int) throws -> NDArray? {
      var model = WireModel.of([], inputs: [], outputs: ["w"], initializers: [("w", NDArray(zeroBytes: 3))])
      model.graph?.initializers[0].external = ExternalPlace(location: "w.bin", offset: offset, length: length)
      try Data(try model.bytes(packing: ["w": (.int4, [5])])).write(to: directory.url.appending(path: "m.onnx"))
      let graph = try Model(contentsOf: directory.path("m.onnx"), catalogue: .standard).graph
      return graph.constants[graph.outputs[0].value]
    }
    #expect(try read(offset: 3, length: 3) == NDArray([1, -8, -1, 7, -6] as [Int8], [5]))
    #expect(complaint { try read(offset: 4, length: 3) }.contains("the file is cut short"))
    #expect(complaint { try read(offset: 0, length: 5) }.contains("3 bytes by its type, but external data of 5"))
  }

  // MARK: Models

  /// What a model of constants gives: as it is read, and after it was written in opset 17 and in 23.
  static func results(_ bytes: [UInt8]) throws -> [NDArray] {
    let model = try Model(bytes: bytes, catalogue: .standard)
    let again = try [17, 23].map { opset in
      try Model(bytes: try model.serialized(options: WriteOptions(opset: opset)), catalogue: .standard)
    }
    return try ([model] + again).map { model in
      let graph = try model.graph.expandingMacros()
      return try #require(graph.evaluated(graph.outputs[0].value))
    }
  }

  static func model(_ nodes: [WireNode], _ constants: [(String, NDArray)], output: Int = 0) -> WireModel {
    var model = WireModel.of(nodes, inputs: [], initializers: constants)
    model.imports = [("", 21)]
    model.graph?.outputs = [WireValue(name: "y", kind: .tensor(element: output, extents: nil))]
    return model
  }

  /// y = x · D, with D the weights that `axis` and `block` give their scales and zero points.
  @Test(arguments: [(FourBitInteger.int4, 1, 0), (.uint4, 0, 0), (.int4, 0, 2), (.uint4, 1, 2)])
  func weightsAreDequantized(type: FourBitInteger, axis: Int, block: Int) throws {
    let (rows, columns) = (4, 6)
    let least = type == .int4 ? -8 : 0
    let weights = (0..<rows * columns).map { least + $0 * 7 % 16 }
    var sizes = axis == 0 ? [rows] : [columns]
    if block > 0 { sizes = axis == 0 ? [rows / block, columns] : [rows, columns / block] }
    let count = sizes.reduce(1, *)
    // Sums of eighths are exact.
    let scales = (0..<count).map { Float($0 % 5 + 1) / 4 }
    let zeros = (0..<count).map { least + $0 * 3 % 16 }
    let x = NDArray.ramp(2, rows)
    let model = Self.model(
      [
        .of(
          "DequantizeLinear", ["W", "s", "z"], ["D"],
          [("axis", .int(axis))] + (block > 0 ? [("block_size", .int(block))] : [])),
        .of("MatMul", ["x", "D"], ["y"]),
      ],
      [
        ("x", x), ("W", .packed(weights, rank: 2)), ("s", NDArray(scales, sizes)),
        ("z", .packed(zeros, rank: sizes.count)),
      ])
    let numbers = x.values(as: Float.self)
    var expected = [Float](repeating: 0, count: 2 * columns)
    for i in 0..<2 {
      for k in 0..<rows {
        for j in 0..<columns {
          let index =
            switch (axis, block) {
            case (0, 0): k
            case (_, 0): j
            case (0, _): k / block * columns + j
            default: k * (columns / block) + j / block
            }
          let weight = Float(weights[k * columns + j] - zeros[index]) * scales[index]
          expected[i * columns + j] += numbers[i * rows + k] * weight
        }
      }
    }
    let bytes = try model.bytes(packing: ["W": (type, [rows, columns]), "z": (type, sizes)])
    for result in try Self.results(bytes) { #expect(result == NDArray(expected, [2, columns])) }
  }

  static let numbers: [Float] = [-10, -4.5, -2.5, -0.5, 0.5, 1.5, 2.5, 3.5, 7.4, 100]

  /// round(x) + zero point, halfway to even, moved into −8 … 7 or 0 … 15.
  @Test func quantizationSaturates() throws {
    let signed: [Int8] = [-8, -3, -1, 1, 1, 3, 3, 5, 7, 7]
    let unsigned: [UInt8] = [0, 0, 1, 3, 3, 5, 5, 7, 10, 15]
    let cases: [(FourBitInteger, Int, NDArray)] = [
      (.int4, 1, NDArray(signed, [10])), (.uint4, 3, NDArray(unsigned, [10])),
    ]
    for (type, zero, expected) in cases {
      // The zero point as it is, and one that other operators have moved.
      for (nodes, name) in [([], "z"), ([WireNode.of("Squeeze", ["z"], ["moved"])], "moved")] {
        let model = Self.model(
          nodes + [.of("QuantizeLinear", ["x", "s", name], ["y"])],
          [("x", NDArray(Self.numbers, [10])), ("s", NDArray(Float(1))), ("z", .packed([zero], rank: 1))],
          output: type.rawValue)
        for result in try Self.results(try model.bytes(packing: ["z": (type, [1])])) { #expect(result == expected) }
      }
    }
  }

  @Test func theOutputTypeSaysItWithoutAZeroPoint() throws {
    func model(_ type: Int, zero: NDArray? = nil) -> WireModel {
      Self.model(
        [.of("QuantizeLinear", ["x", "s"] + (zero == nil ? [] : ["z"]), ["y"], [("output_dtype", .int(type))])],
        [("x", NDArray(Self.numbers, [10])), ("s", NDArray(Float(0.5)))] + (zero.map { [("z", $0)] } ?? []),
        output: type)
    }
    for result in try Self.results(try model(22).bytes()) {
      #expect(result == NDArray([-8, -8, -5, -1, 1, 3, 5, 7, 7, 7] as [Int8], [10]))
    }
    for result in try Self.results(try model(21).bytes()) {
      #expect(result == NDArray([0, 0, 0, 0, 1, 3, 5, 7, 15, 15] as [UInt8], [10]))
    }
    let said = complaint { try Self.results(try model(22, zero: NDArray(Int8(0))).bytes()) }
    #expect(said.contains("output_dtype is i4, but the zero point is not"), "\(said)")
  }

  /// Casts cut fractions off and discard higher bits.
  @Test func castsWrap() throws {
    let x = NDArray([-9.9, -8, -1.5, 7.9, 8, 9, 16.5] as [Float], [7])
    let expected: [(FourBitInteger, NDArray)] = [
      (.int4, NDArray([7, -8, -1, 7, -8, -7, 0] as [Int8], [7])),
      (.uint4, NDArray([7, 8, 15, 7, 8, 9, 0] as [UInt8], [7])),
    ]
    for (type, expected) in expected {
      let casts: [WireNode] = [
        .of("Cast", ["x"], ["y"], [("to", .int(type.rawValue))]), .of("CastLike", ["x", "z"], ["y"]),
      ]
      for node in casts {
        let model = Self.model([node], [("x", x), ("z", .packed([3], rank: 0))], output: type.rawValue)
        for result in try Self.results(try model.bytes(packing: ["z": (type, [])])) { #expect(result == expected) }
      }
    }
    let back = Self.model(
      [.of("Cast", ["z"], ["y"], [("to", .int(ScalarType.int8.rawValue))])], [("z", .packed([-3, 7], rank: 1))],
      output: ScalarType.int8.rawValue)
    for result in try Self.results(try back.bytes(packing: ["z": (.int4, [2])])) {
      #expect(result == NDArray([-3, 7] as [Int8], [2]))
    }
  }

  /// `Constant` and `ConstantOfShape` hold tensors of these types in attributes.
  @Test func attributesHoldThem() throws {
    for makers in [
      [WireNode.of("Constant", [], ["z"], [("value", .tensor(.packed([1], rank: 0)))])],
      [.of("ConstantOfShape", ["none"], ["z"], [("value", .tensor(.packed([1], rank: 1)))])],
    ] {
      let model = Self.model(
        makers + [.of("QuantizeLinear", ["x", "s", "z"], ["y"])],
        [
          ("x", NDArray([100] as [Float], [1])), ("s", NDArray(Float(1))), ("none", NDArray([] as [Int64], [0])),
        ])
      let sizes = makers[0].type == "Constant" ? [] : [1]
      for result in try Self.results(try model.bytes(packing: ["z": (.int4, sizes)])) {
        #expect(result == NDArray([7] as [Int8], [1]))
      }
    }
  }

  @Test func inputsAndOutputsAreBytes() throws {
    var model = WireModel.of(
      [.of("Transpose", ["x"], ["y"])], inputs: [.tensor("x", 22, ["N", 2])], outputs: ["y"])
    model.imports = [("", 21)]
    model.graph?.outputs = [.tensor("y", 22, [2, "N"])]
    let read = try Model(bytes: try model.bytes(), catalogue: .standard).graph
    #expect(read[read.inputs[0]].type == TensorType(.int8, [.symbol("N"), 2]))
    #expect(read[read.outputs[0].value].type.scalar == .int8)
    var options = ReadOptions()
    options.given = ["x": NDArray([-8, 7] as [Int8], [1, 2])]
    let given = try Model(bytes: try model.bytes(), catalogue: .standard, options: options).graph
    #expect(given.evaluated(given.outputs[0].value) == NDArray([-8, 7] as [Int8], [2, 1]))
    model.graph?.outputs = [.tensor("y", 3, [2, "N"])]
    let said = complaint { try Model(bytes: try model.bytes(), catalogue: .standard) }
    #expect(said.contains("y: is declared i8[2, N], but its operator makes i4[2, N]"), "\(said)")
  }
}

extension NDArray {
  /// The bytes of integers of four bits, two in each, under sizes that `WireModel.bytes(packing:)` replaces by theirs.
  fileprivate static func packed(_ numbers: [Int], rank: Int) -> NDArray {
    var bytes = [UInt8](repeating: 0, count: (numbers.count + 1) / 2)
    for (index, number) in numbers.enumerated() {
      bytes[index / 2] |= UInt8(truncatingIfNeeded: number & 15) << (index % 2 * 4)
    }
    return NDArray(bytes, rank == 0 ? [] : [Int](repeating: 1, count: rank - 1) + [bytes.count])
  }

  fileprivate init(zeroBytes count: Int) { self.init([UInt8](repeating: 0, count: count), [count]) }
}

extension WireModel {
  /// The model as bytes. Initializers, and first attributes of nodes by the first output, that `packed` names are tensors
  /// of these types and sizes; their arrays hold the bytes, in as many axes.
  fileprivate func bytes(packing packed: [String: (type: FourBitInteger, sizes: [Int])]) throws -> [UInt8] {
    let encoder = WireEncoder()
    return try withExtendedLifetime(self) {
      let model = encoder.model(self)
      let graph = try #require(model.pointee.graph).pointee
      func declare(_ tensor: UnsafeMutablePointer<Onnx__TensorProto>?, _ name: UnsafeMutablePointer<CChar>?) {
        guard let tensor, let name, let (type, sizes) = packed[String(cString: name)] else { return }
        tensor.pointee.data_type = Int32(type.rawValue)
        for (axis, size) in sizes.enumerated() { tensor.pointee.dims[axis] = Int64(size) }
      }
      for index in 0..<graph.n_initializer { declare(graph.initializer[index], graph.initializer[index]?.pointee.name) }
      for index in 0..<graph.n_node {
        guard let node = graph.node[index]?.pointee, node.n_attribute > 0 else { continue }
        declare(node.attribute[0]?.pointee.t, node.output[0])
      }
      return try encoder.pack(model)
    }
  }
}
