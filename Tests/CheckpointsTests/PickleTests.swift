import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// Pickles that mean ill.
struct PickleTests {
  static func complaint(_ value: [UInt8]) -> String {
    TorchFileTests.complaint(ZipFile(entries: TorchFile.entries(value)).bytes)
  }

  static let weights = ("state_dict", TorchFile.sound)

  @Test("names that have no part in weights are refused by name, called or not, wherever they are")
  func globals() {
    let names = [
      ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "exec"), ("subprocess", "Popen"),
      ("open_clip.model", "CLIP"), ("torch", "load"), ("torch.hub", "load"), ("torch.storage", "_load_from_bytes"),
      ("torch._utils", "_rebuild_qtensor"), ("collections", "OrderedDict.__init__"), ("builtins", "getattr"),
    ]
    for (module, name) in names {
      let global = Pickle.global(module, name)
      let called = Pickle.call(global, [Pickle.text("echo")])
      let stacked = Pickle.text(module) + Pickle.text(name) + [0x93]
      let values = [
        called, Pickle.dictionary([PickleTests.weights, ("extra", called)]),
        Pickle.dictionary([PickleTests.weights, ("extra", global)]), Pickle.dictionary([("visual.proj", stacked)]),
      ]
      for value in values {
        let message = PickleTests.complaint(value)
        #expect(message.contains("calls for \(module).\(name), which has no part in weights"), "\(message)")
        #expect(message.contains("state_dict()") && !message.contains("\n"))
      }
    }
  }

  @Test func knownNamesDoWhatTheyAreFor() {
    let cases: [([UInt8], String)] = [
      (Pickle.call(Pickle.global("torch", "FloatStorage"), []), "calls torch.FloatStorage"),
      (Pickle.call(Pickle.text("x"), []), "calls a text"),
      (Pickle.global("collections", "OrderedDict") + Pickle.number(1) + Pickle.code("R"), "with a number"),
      (Pickle.text("x") + Pickle.number(1) + Pickle.code("a"), "appends to a text"),
      (Pickle.text("x") + Pickle.number(1) + Pickle.number(2) + Pickle.code("s"), "sets items of a text"),
      (Pickle.text("x") + Pickle.number(1) + Pickle.code("b"), "sets the state of a text"),
      (Pickle.code("}") + Pickle.code("(") + Pickle.number(1) + Pickle.code("u"), "a key has no value"),
      (Pickle.tuple([Pickle.text("module")]) + Pickle.code("Q"), "persistent identifier"),
      (Pickle.text("x") + Pickle.code("Q"), "persistent identifier"),
      (Pickle.storage("0", "Size", count: 1), "a storage has the type torch.Size"),
      (Pickle.storage(count: -1), "has -1 elements"),
      (
        Pickle.call(Pickle.global("torch._utils", "_rebuild_tensor_v2"), [Pickle.number(1)]),
        "not described by a storage"
      ),
      (Pickle.call(Pickle.global("torch._utils", "_rebuild_parameter"), [Pickle.number(1)]), "is given no tensor"),
      (Pickle.code("h") + [7], "refers to the value 7"), (Pickle.code("t"), "a mark is missing"),
      (Pickle.code("R"), "the stack is empty"), (Pickle.code("("), "the stack is empty"),
      ([0x80, 9], "protocol 9"), (Pickle.code("i") + Array("os\nsystem\n".utf8), "instruction 0x69"),
      ([0x82, 1], "instruction 0x82"), (Pickle.code("X") + [0xFF, 0xFF, 0xFF, 0x7F], "cut off"),
      ([0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80], "cut off"), (Pickle.code("T") + [0xFF, 0xFF, 0xFF, 0xFF], "cut off"),
      ([0x8B, 0, 0, 0, 0x80], "cut off"), (Array("cos".utf8), "a name has no end"),
    ]
    for (value, wanted) in cases {
      let message = PickleTests.complaint(value)
      #expect(message.contains(wanted) && message.contains("archive/data.pkl, byte"), "\(message)")
    }
  }

  // MARK: Bounds

  @Test func circlesAndDepthsEnd() throws {
    // A dictionary that is its own state_dict.
    let own = Pickle.code("}") + [0x71, 0] + Pickle.text("state_dict") + [0x68, 0] + Pickle.code("s")
    #expect(PickleTests.complaint(own).contains("nests one state_dict in another"))
    // A list that holds itself, beside the weights.
    let list = Pickle.code("]") + [0x71, 0, 0x68, 0] + Pickle.code("a")
    let value = Pickle.dictionary([PickleTests.weights, ("x", list)])
    #expect(try TorchFileTests.read(ZipFile(entries: TorchFile.entries(value)).bytes).tensors.count == 1)
    // A tuple in a tuple in a tuple …
    let deep = Pickle.code("N") + [UInt8](repeating: 0x85, count: 1_000_000)
    let nested = Pickle.dictionary([PickleTests.weights, ("x", deep)])
    #expect(try TorchFileTests.read(ZipFile(entries: TorchFile.entries(nested)).bytes).tensors.count == 1)
  }

  @Test func modulesThatContainEachOtherEnd() {
    func module(_ state: [UInt8]) -> [UInt8] {
      Pickle.global("__torch__", "M") + Pickle.code(")") + [0x81] + state + Pickle.code("b")
    }
    let own =
      Pickle.global("__torch__", "M") + Pickle.code(")") + [0x81, 0x71, 0] + Pickle.code("}") + Pickle.text("m")
      + [0x68, 0] + Pickle.code("s") + Pickle.code("b")
    #expect(PickleTests.complaint(own).contains("contain each other without an end"))
    // Each module holds the one before it twice: 2⁶⁰ modules.
    var value = module(Pickle.dictionary([])) + [0x71, 0]
    for level in 1...60 {
      let last = [0x68, UInt8(level - 1)] as [UInt8]
      value += Pickle.code("0") + module(Pickle.dictionary([("a", last), ("b", last)])) + [0x71, UInt8(level)]
    }
    #expect(PickleTests.complaint(value).contains("contain each other without an end"))
  }

  @Test func workIsBounded() {
    let many = PickleMachine.mostInstructions + 1
    let lists = [UInt8](repeating: 0x5D, count: many)
    #expect(PickleTests.complaint(lists).contains("instructions, more than any checkpoint needs"))
    // One long list of pairs, made into dictionaries again and again.
    let pair = Pickle.tuple([Pickle.text("a"), Pickle.number(1)]) + [0x71, 1, 0x30]
    let pairs = Pickle.code("(") + [[UInt8]](repeating: [0x68, 1], count: 100_000).flatMap { $0 } + Pickle.code("l")
    var bomb = pair + pairs + [0x85, 0x71, 2, 0x30]
    for _ in 0..<1000 {
      bomb += Pickle.global("collections", "OrderedDict") + [0x68, 2] + Pickle.code("R") + Pickle.code("0")
    }
    #expect(PickleTests.complaint(bomb).contains("copies lists more often"))
  }

  @Test func littleCannotBecomeMuch() {
    // One element, seen as a terabyte.
    let message = PickleTests.complaint(TorchFile.state(sizes: [1 << 19, 1 << 19], strides: [0, 0]))
    #expect(message.contains("repeat the file's bytes"), "\(message)")
  }

  @Test func tensorsStayInTheirStorages() {
    let cases: [([UInt8], String)] = [
      (TorchFile.state(sizes: [4, 5], strides: [5, 1]), "reaches element 19 of a storage that has only 16"),
      (TorchFile.state(offset: 13, sizes: [4], strides: [1]), "reaches element 16"),
      (TorchFile.state(offset: -1, sizes: [4], strides: [1]), "negative"),
      (TorchFile.state(sizes: [-4], strides: [1]), "a size is not negative"),
      (TorchFile.state(sizes: [4], strides: [-1]), "negative stride"),
      (TorchFile.state(sizes: [4, 4], strides: [4]), "2 sizes, but 1 strides"),
      (TorchFile.state(sizes: [1 << 40, 1 << 40], strides: [1, 1]), "too large"),
      (TorchFile.state(sizes: [3, 3], strides: [.max, .max]), "lead out of any memory"),
      (TorchFile.state(offset: .max, sizes: [2], strides: [1]), "lead out of any memory"),
      (TorchFile.state(count: 1 << 62, sizes: [4], strides: [1]), "too few for"),
      (TorchFile.state(count: .max, sizes: [4], strides: [1]), "too few for"),
      (
        TorchFile.state("v", "ComplexFloatStorage", count: 8, sizes: [4], strides: [1]),
        "v is torch.ComplexFloatStorage"
      ),
    ]
    for (value, wanted) in cases {
      let message = PickleTests.complaint(value)
      #expect(message.contains(wanted) && !message.contains("\n"), "\(message)")
    }
    // Nothing reaches nowhere.
    for state in [
      TorchFile.state(sizes: [0, 1 << 40], strides: [.max, 1]), TorchFile.state(offset: 99, sizes: [0], strides: [1]),
    ] {
      #expect(throws: Never.self) { try TorchFileTests.read(ZipFile(entries: TorchFile.entries(state)).bytes) }
    }
  }
}
