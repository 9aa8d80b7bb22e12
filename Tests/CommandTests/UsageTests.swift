import Testing

/// Help, and the answer to wrong usage.
struct UsageTests {
  static let commands: [[String]] = [
    ["export"], ["vocabulary"], ["train"], ["evaluate"], ["evaluate", "zero-shot"], ["evaluate", "retrieval"],
    ["evaluate", "linear-probe"], ["evaluate", "robustness"], ["evaluate", "bias"],
    ["classify"], ["embed"], ["run"], ["inspect"], ["bench"],
    ["dataset"], ["dataset", "shapes"], ["tokenize"], ["preprocess"], ["optimize"], ["make-trainable"], ["plot"],
  ]

  @Test(arguments: commands)
  func everyCommandHasHelpWithAnExample(command: [String]) throws {
    let outcome = try Clipgraph.run(command + ["--help"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.contains("OVERVIEW: "))
    #expect(outcome.output.contains("USAGE: clipgraph " + command.joined(separator: " ")))
    #expect(outcome.output.contains("Example"))
  }

  @Test func theRootNamesEveryCommand() throws {
    let help = try Clipgraph.succeed("--help")
    for command in Self.commands { #expect(help.contains("\n  " + command[0]), "\(command)") }
    #expect(try Clipgraph.succeed("--version").split(separator: ".").count == 3)
  }

  @Test(arguments: commands.filter { $0 != ["dataset"] })
  func anUnknownFlagIsWrongUsage(command: [String]) throws {
    let outcome = try Clipgraph.run(command + ["--no-such-flag"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("Usage: clipgraph " + command.joined(separator: " ")), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  /// What is wrong, and a word that the answer must contain.
  @Test(arguments: [
    (["no-such-command"], "no-such-command"),
    (["embed", "f.onnx", "--texts", "a" + String(repeating: "\u{301}\u{323}", count: 10_000)], "Argument 4"),
    (["inspect", "f.onnx", "--no-such-flag"], "--no-such-flag"),
    (["export"], "Name a model"),
    (["export", "tiny"], "-o"),
    (["export", "tiny", "-o", "x.onnx", "--lr", "0.1"], "--training"),
    (["export", "tiny", "-o", "x.onnx", "--training", "--tower", "image"], "--tower"),
    (["export", "tiny", "-o", "x.onnx", "--training", "--beta1", "1.5"], "--beta1"),
    (["export", "tiny", "-o", "x.onnx", "--tower", "both"], "both"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--steps", "0"], "--steps"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--steps", "5", "--epochs", "1"], "--epochs"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--samples-per-epoch", "9"], "--epochs"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--resume"], "--checkpoint"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--lr=-1"], "--lr"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--std", "1,0,1"], "--std"),
    (["export", "tiny", "-o", "x.onnx", "--position-interpolation", "nearest"], "nearest"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--batch-size", "1"], "--batch-size"),
    (["classify", "f.onnx", "a.png"], "--labels"),
    (["classify", "f.onnx", "--labels", "a,b"], "Name a picture"),
    (["classify", "f.onnx", "a.png", "--labels", "a,b", "--mean", "1,2"], "--mean"),
    (["optimize", "f.onnx"], "-o"),
    (["make-trainable", "f.onnx", "-o", "t.onnx", "--unlock-last", "1"], "--lock-image"),
    (["make-trainable", "f.onnx", "-o", "t.onnx", "--loss", "hinge"], "hinge"),
    (["make-trainable", "f.onnx", "-o", "t.onnx", "--grad-clip", "0"], "--grad-clip"),
    (["train", "f.onnx", "--data", "d", "-o", "o.onnx", "--zero-shot-labels", "a,b"], "--zero-shot-data"),
    (["plot", "m.jsonl", "-o", "c.svg", "--smooth", "0"], "--smooth"),
    (["optimize", "f.onnx", "-o", "g.onnx", "--opset", "9"], "17 ... 24"),
    (["classify", "f.onnx", "a.png", "--labels", "a,b", "--top", "0"], "--top"),
    (["evaluate", "f.onnx", "--data", "d", "--template", "a {}"], "--labels"),
    (["embed", "--images", "a.png", "-o", "o.safetensors"], "Name a model"),
    (["evaluate", "--data", "d"], "Name a model"),
    (["evaluate", "robustness", "f.onnx", "--reference", "r"], "--shifted"),
    (["evaluate", "robustness", "--reference", "r", "--shifted", "s"], "Name a model"),
    (["evaluate", "robustness", "f.onnx", "--reference", "r", "--shifted", "s=a", "s=b"], "s twice"),
    (["evaluate", "robustness", "f.onnx", "--reference", "r", "--shifted", "=a"], "--shifted"),
    (["evaluate", "robustness", "f.onnx", "--reference", "r", "--shifted", "s", "--class-subset", "t=a,b"], "names t"),
    (["evaluate", "bias", "f.onnx", "--data", "d", "--group-columns", "a"], "--categories"),
    (
      ["evaluate", "bias", "f.onnx", "--data", "d", "--group-columns", "a,a", "--categories", "c"], "--group-columns"
    ),
    (
      ["evaluate", "bias", "f.onnx", "--data", "d", "--group-columns", "a", "--categories", "c", "--threshold", "0"],
      "--threshold"
    ),
    (["embed", "f.onnx", "-o", "o.safetensors"], "--images"),
    (["run", "f.onnx", "--inputs", "i", "--outputs", "o", "--save", "s"], "--train"),
    (["inspect", "f.onnx", "--dim", "batch"], "batch"),
    (["bench", "f.onnx", "--tower", "sound"], "sound"),
    (["bench", "f.onnx", "--tower", "image", "--interactive"], "--inputs"),
    (["bench", "f.onnx", "--tower", "image", "--rounds", "0"], "--rounds"),
    (["bench", "f.onnx", "--tower", "image", "--callers", "0"], "--callers"),
    (["bench", "f.onnx", "--tower", "image", "--callers", "1025"], "--callers"),
    (["bench", "f.onnx", "--train", "--callers", "2"], "--callers"),
    (["bench", "f.onnx", "--tower", "image", "--inputs", "b", "--interactive", "--callers", "2"], "--callers"),
    (["dataset", "shapes", "d", "--count", "0"], "--count"),
    (["vocabulary", "--captions", "d", "--size", "10", "-o", "f"], "514"),
    (["tokenize", "--vocabulary", "f", "--kind", "word"], "word"),
    (["preprocess", "a.png", "--size", "0", "-o", "f"], "--size"),
  ])
  func wrongUsageIsExplained(arguments: [String], word: String) throws {
    let outcome = try Clipgraph.run(arguments)
    #expect(outcome.status == 64, "\(outcome.errors)")
    #expect(outcome.errors.contains(word), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }
}
