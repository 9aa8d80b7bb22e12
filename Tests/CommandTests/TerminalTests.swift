import Testing

@testable import Command

/// What readers see: numbers, bars, tables, one-line errors.
struct TerminalTests {
  @Test(arguments: [
    (0.0, "0:00"), (59.6, "1:00"), (125, "2:05"), (3725, "1:02:05"), (-1, "0:00"), (.infinity, "0:00"), (.nan, "0:00"),
  ])
  func durations(seconds: Double, text: String) { #expect(Quantity.duration(seconds) == text) }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1 kB"), (123_456, "123 kB"), (999_600, "1 MB"), (2_500_000_000, "2.5 GB"),
  ])
  func bytes(count: Int, text: String) { #expect(Quantity.bytes(count) == text) }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (151_277_313, "151,277,313"), (-12_345, "-12,345")])
  func counts(value: Int, text: String) { #expect(Quantity.count(value) == text) }

  @Test(arguments: [1, 10, 40, 79, 200], [0, 1, 50, 100, 120])
  func aBarFitsItsLine(width: Int, done: Int) {
    let line = ProgressBar.line("training", done: done, total: 100, detail: "loss 1.25", seconds: 10, width: width)
    #expect(line.count <= width)
    #expect(!line.contains("\n"))
  }

  @Test func aBarSaysWhatIsLeft() {
    let line = ProgressBar.line("training", done: 25, total: 100, detail: "loss 1.25", seconds: 10, width: 100)
    #expect(line.contains("25 %") && line.contains("loss 1.25") && line.hasSuffix("0:30 left"))
    #expect(line.filter { $0 == "━" }.count * 3 <= line.filter { $0 == "╌" }.count + 3)
    #expect(
      ProgressBar.line("reading", done: 7, total: 0, detail: "pictures", seconds: 1, width: 79)
        == "reading  7  pictures")
  }

  @Test func columnsAreAligned() {
    var table = TextTable([.right, .left, .left])
    table.add("1", "a", "x")
    table.add("100", "long", "y")
    #expect(table.lines == ["  1  a     x", "100  long  y"])
  }

  @Test func anErrorIsOneLine() {
    let error = Failure("a\u{1B}[31m.onnx", "first\n  second\r\nthird")
    #expect(Failure.line(of: error) == "a\u{FFFD}[31m.onnx: first; second; third")
  }

  @Test(
    arguments: [
      ("batch=8,sequence=77", ["batch": 8, "sequence": 77]), ("batch=1", ["batch": 1]), ("batch", nil),
      ("batch=0", nil), ("", nil),
      ("=3", nil), ("a=b", nil),
    ] as [(String, [String: Int]?)])
  func dimensions(argument: String, values: [String: Int]?) {
    #expect(DimensionArgument(argument: argument)?.values == values)
  }

  @Test(arguments: [
    ("open_clip", "open_clip"), ("open-clip", "open_clip"), ("hugging_face", "hugging-face"), ("openai", "openai"),
  ])
  func tokenizerKindsTakeBothDashes(argument: String, name: String) {
    #expect(TokenizerArgument(argument: argument)?.rawValue == name)
    #expect(TokenizerArgument(argument: "word") == nil)
  }
}
