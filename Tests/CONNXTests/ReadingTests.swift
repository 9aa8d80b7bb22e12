import CONNX
import Testing

/// What a well-formed file may look like on the wire, and where its raw data are found.
@Suite struct ReadingTests {
  @Test(arguments: [0, 1, 15, 16, 17, 127, 128, 20_000])
  func rawDataStayInTheFile(length: Int) throws {
    let raw = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let tensor = Wire.number(2, 2) + Wire.bytes(9, raw) + Wire.string(8, "W")
    let file = Wire.model(tensor: tensor)
    let model = try OpenedModel(file)
    let found = try model.rawData()
    #expect(found.bytes == raw)
    // `name` takes 3 bytes behind the raw data.
    #expect(found.offset == (length < 16 ? nil : file.count - 3 - length))
    #expect(try String(cString: #require(model.initializer().pointee.name)) == "W")
  }

  @Test func aForgedTokenIsOrdinaryData() throws {
    for length in [8, 16] {
      let forged = [UInt8](repeating: 0xff, count: length)
      #expect(try OpenedModel(Wire.model(tensor: Wire.bytes(9, forged))).rawData().bytes == forged)
    }
  }

  @Test func rawDataAreLiftedWhereverATensorLies() throws {
    let raw = [UInt8](1...40)
    let tensor = Wire.bytes(9, raw)
    let node = Wire.bytes(5, Wire.bytes(5, tensor))
    let sparse = Wire.bytes(15, Wire.bytes(1, tensor))
    let nested = Wire.bytes(1, Wire.bytes(5, Wire.bytes(6, Wire.bytes(5, tensor))))
    let graph = Wire.bytes(1, node) + sparse + nested
    let file = Wire.bytes(7, graph) + Wire.bytes(25, Wire.bytes(7, node)) + Wire.bytes(20, Wire.bytes(2, graph))
    let model = try OpenedModel(file)
    func inside(_ tensor: UnsafeMutablePointer<Onnx__TensorProto>?) throws -> [UInt8] {
      let data = try #require(tensor).pointee.raw_data
      let start = try #require(data.data)
      let file = try UnsafePointer(#require(model.bytes.baseAddress))
      #expect((file..<file + model.bytes.count).contains(UnsafePointer(start)))
      return Array(UnsafeBufferPointer(start: start, count: data.len))
    }
    for graph in [model.proto.graph, model.proto.training_info?[0]?.pointee.algorithm] {
      let graph = try #require(graph).pointee
      #expect(try inside(graph.node?[0]?.pointee.attribute?[0]?.pointee.t) == raw)
      #expect(try inside(graph.node?[1]?.pointee.attribute?[0]?.pointee.g?.pointee.initializer?[0]) == raw)
      #expect(try inside(graph.sparse_initializer?[0]?.pointee.values) == raw)
    }
    #expect(try inside(model.proto.functions?[0]?.pointee.node?[0]?.pointee.attribute?[0]?.pointee.t) == raw)
    #expect(try model.repacked() == OpenedModel(model.repacked()).repacked())
  }

  @Test(arguments: [true, false])
  func numbersArePackedOrNot(packed: Bool) throws {
    let dims: [UInt64] = [3, 300, UInt64(bitPattern: -1)]
    let floats: [Float] = [1, -2.5]
    let tensor =
      packed
      ? Wire.bytes(1, dims.flatMap(Wire.varint)) + Wire.bytes(4, floats.flatMap(Wire.float))
      : dims.flatMap { Wire.number(1, $0) } + floats.flatMap { Wire.tag(4, 5) + Wire.float($0) }
    let model = try OpenedModel(Wire.model(tensor: tensor))
    let read = try model.initializer().pointee
    #expect(Array(UnsafeBufferPointer(start: read.dims, count: read.n_dims)) == [3, 300, -1])
    #expect(Array(UnsafeBufferPointer(start: read.float_data, count: read.n_float_data)) == floats)
  }

  @Test func messagesThatOccurTwiceMerge() throws {
    let raw = [UInt8](repeating: 7, count: 32)
    let first = Wire.bytes(7, Wire.string(2, "a") + Wire.bytes(5, Wire.bytes(9, raw)))
    let second = Wire.bytes(7, Wire.bytes(5, Wire.string(8, "V")) + Wire.string(2, "b"))
    let model = try OpenedModel(Wire.number(1, 7) + first + Wire.number(1, 8) + second)
    let graph = try #require(model.proto.graph).pointee
    #expect(model.proto.ir_version == 8)
    #expect(graph.n_initializer == 2)
    #expect(try String(cString: #require(graph.name)) == "b")
    #expect(try model.rawData(0).bytes == raw)
    #expect(try String(cString: #require(model.initializer(1).pointee.name)) == "V")
  }

  @Test func absentDiffersFromZero() throws {
    let node = { (value: [UInt8]) in Wire.bytes(7, Wire.bytes(1, Wire.bytes(5, Wire.string(1, "a") + value))) }
    let zero = try OpenedModel(node(Wire.number(3, 0)))
    let absent = try OpenedModel(node([]))
    #expect(zero.proto.graph?.pointee.node?[0]?.pointee.attribute?[0]?.pointee.has_i == 1)
    #expect(absent.proto.graph?.pointee.node?[0]?.pointee.attribute?[0]?.pointee.has_i == 0)
  }

  @Test func unknownFieldsSurvive() throws {
    let unknown = Wire.number(1000, 5) + Wire.bytes(1001, [1, 2, 3]) + Wire.tag(1002, 5) + Wire.float(1)
    let file = Wire.number(1, 8) + Wire.bytes(7, Wire.string(2, "g") + unknown) + unknown
    #expect(try OpenedModel(file).repacked() == file)
  }
}
