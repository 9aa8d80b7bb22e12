import CONNX
import Foundation
import Testing

/// Messages built in an arena, written, and read again.
@Suite struct WritingTests {
  @Test func whatWasBuiltIsRead() throws {
    let weights = (0..<12).map(Float.init)
    let packed = try weights.withUnsafeBytes { raw in
      let arena = Arena()
      return try arena.pack(arena.sample(weights: raw))
    }
    let model = try OpenedModel(packed)
    #expect(model.proto.ir_version == 8)
    #expect(try String(cString: #require(model.proto.metadata_props?[0]?.pointee.key)) == "Größe")
    #expect(model.proto.opset_import?[0]?.pointee.version == 17)
    #expect(try model.rawData().bytes == weights.withUnsafeBytes(Array.init))
    let graph = try #require(model.proto.graph).pointee
    let node = try #require(graph.node?[0]).pointee
    #expect(node.n_input == 2 && node.n_output == 1)
    #expect(try String(cString: #require(node.input?[1])) == "W")
    let axes = try #require(node.attribute?[0]).pointee
    #expect(axes.type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS)
    #expect(Array(UnsafeBufferPointer(start: axes.ints, count: axes.n_ints)) == [-1, 0, 7])
    let shape = try #require(graph.input?[0]?.pointee.type?.pointee.tensor_type?.pointee.shape).pointee
    let dimensions = try (0..<shape.n_dim).map { try #require(shape.dim?[$0]).pointee }
    #expect(try String(cString: #require(dimensions[0].dim_param)) == "batch")
    #expect(dimensions[1].value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
    #expect(dimensions[1].dim_value == 3)
    #expect(dimensions[2].value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET)
    let binding = try #require(model.proto.training_info?[0]?.pointee.update_binding?[0]).pointee
    #expect(try String(cString: #require(binding.value)) == "W_next")
    #expect(try model.repacked() == packed)
  }

  @Test func attributesSayWhatTheyHold() throws {
    let arena = Arena()
    let node = connx_new_node(arena.pointer)
    let attributes = (0..<4).map { _ in connx_node_add_attribute(arena.pointer, node) }
    connx_attribute_set_float(attributes[0], 0)
    connx_attribute_set_int(attributes[1], -3)
    connx_attribute_set_string(arena.pointer, attributes[2], "tanh", 4)
    for text in ["a", "", "ccc", "d", "e"] {
      connx_attribute_add_string(arena.pointer, attributes[3], text, text.utf8.count)
    }
    let model = connx_new_model(arena.pointer)
    model.pointee.graph = connx_new_graph(arena.pointer)
    let graph = try #require(model.pointee.graph)
    connx_append_pointer(arena.pointer, &graph.pointee.node, &graph.pointee.n_node, node)
    let expected =
      Wire.bytes(5, Wire.tag(2, 5) + Wire.float(0) + Wire.number(20, 1))
      + Wire.bytes(5, Wire.number(3, UInt64(bitPattern: -3)) + Wire.number(20, 2))
      + Wire.bytes(5, Wire.string(4, "tanh") + Wire.number(20, 3))
      + Wire.bytes(5, ["a", "", "ccc", "d", "e"].flatMap { Wire.string(9, $0) } + Wire.number(20, 8))
    #expect(try arena.pack(model) == Wire.bytes(7, Wire.bytes(1, expected)))
  }

  @Test(arguments: [0, 3, 4, 5, 1000])
  func arraysGrow(count: Int) throws {
    let arena = Arena()
    let tensor = connx_new_tensor(arena.pointer)
    for k in 0..<count {
      connx_append_int64(arena.pointer, &tensor.pointee.int64_data, &tensor.pointee.n_int64_data, Int64(k))
      connx_append_float(arena.pointer, &tensor.pointee.float_data, &tensor.pointee.n_float_data, Float(k))
    }
    let integers = UnsafeBufferPointer(start: tensor.pointee.int64_data, count: tensor.pointee.n_int64_data)
    let floats = UnsafeBufferPointer(start: tensor.pointee.float_data, count: tensor.pointee.n_float_data)
    #expect(Array(integers) == (0..<count).map(Int64.init))
    #expect(Array(floats) == (0..<count).map(Float.init))
  }

  @Test(arguments: [48, 65_535, 65_536, 300_000])
  func aStreamEqualsMemory(weightBytes: Int) throws {
    let weights = (0..<weightBytes).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let url = FileManager.default.temporaryDirectory.appending(path: "connx-\(UUID().uuidString).onnx")
    defer { try? FileManager.default.removeItem(at: url) }
    try weights.withUnsafeBytes { raw in
      let arena = Arena()
      let model = arena.sample(weights: raw)
      let descriptor = open(url.path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
      defer { close(descriptor) }
      var error = connx_error()
      #expect(connx_write(model, descriptor, &error), "\(Refusal(error).message)")
      let (written, packed) = (try Data(contentsOf: url), try arena.pack(model))
      #expect(Array(written) == packed)
      #expect(connx_packed_size(model) == packed.count)
      #expect(try OpenedModel(packed).rawData().bytes == weights)
    }
  }

  @Test func aFullDiskIsAnError() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let weights = [UInt8](repeating: 1, count: 200_000)
    weights.withUnsafeBytes { raw in
      var error = connx_error()
      let arena = Arena()
      #expect(!connx_write(arena.sample(weights: raw), descriptor, &error))
      #expect(error.kind == CONNX_WRITE_FAILED)
      #expect(error.system_code == ENOSPC)
      #expect(Refusal(error).message.contains("after 0 bytes"))
    }
  }

  /// Sizes are known before a byte is read, so the three gigabytes need not exist.
  @Test func moreThanTwoGigabytesIsAnError() throws {
    let descriptor = open("/dev/null", O_WRONLY)
    defer { close(descriptor) }
    var byte: UInt8 = 0
    withUnsafeBytes(of: &byte) { raw in
      let arena = Arena()
      let model = arena.sample(weights: UnsafeRawBufferPointer(start: raw.baseAddress, count: 3 << 30))
      var error = connx_error()
      #expect(!connx_write(model, descriptor, &error))
      #expect(error.kind == CONNX_TOO_LARGE)
      #expect(Refusal(error).message.contains("external data"))
    }
  }
}
