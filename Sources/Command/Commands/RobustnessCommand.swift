import ArgumentParser
import ClipGraph
import Datasets
import Evaluation
import Foundation

/// `clipgraph evaluate robustness F.onnx --reference DATA --shifted NAME=DATA…`.
struct RobustnessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "robustness", abstract: "Measures accuracy under shift against accuracy on a reference set.",
    discussion: """
      Zero-shot accuracy on both, and the drop. Data are shards with KEY.cls, or a folder for each class, as for zero-shot. \
      --class-subset names the labels that a shifted set has (ImageNet-A, ImageNet-R): its pictures choose among those alone, and \
      so do the reference pictures that it is compared with, of which only those of the subset count. KEY.cls k is the k-th label \
      of the subset. Class folders count by name where all names are labels, by index where all are whole numbers, else by order.

      --baselines is a table with the columns model, set, reference_accuracy and shifted_accuracy (between 0 and 1; on the \
      subset's classes), two models or more for every shifted set: a straight line is fitted to the accuracies' logits, and the \
      effective robustness is the accuracy under shift minus what the line expects (Taori et al. 2020). --relative-to is the model \
      before an intervention, or what this command printed for it with --json on the same data: the relative robustness is the \
      gain in accuracy under shift. Intervals are the bootstrap's over pictures, of 95 %; the line is taken as it is.

      Examples:
        clipgraph evaluate robustness vit-b-32.onnx --labels classes.txt --templates templates.txt \\
          --reference imagenet-val/ --shifted v2=imagenet-v2/ a=imagenet-a/ \\
          --class-subset a=imagenet-a.txt --baselines testbed.csv
        clipgraph evaluate robustness tuned.onnx --labels classes.txt --reference val/ \\
          --shifted sketch/ --relative-to zero-shot.onnx --json
      """)

  @Argument(help: "A model; left out where --image-model and --text-model name its towers.")
  var file: String?

  @Option(help: ArgumentHelp("Pictures with classes, without a shift.", valueName: "[name=]data"))
  var reference: NamedPath

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Sets with a shift; without a name, that of the file or folder.", valueName: "[name=]data"))
  var shifted: [NamedPath]

  @Option(
    help: ArgumentHelp(
      "Labels separated by commas, or a file with one a line. (default: the reference's class folders)",
      valueName: "a,b,c"))
  var labels: String?

  @OptionGroup var template: TemplateOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The labels that a shifted set has, one a line, out of --labels.", valueName: "name=file"))
  var classSubset: [NamedPath] = []

  @Option(help: ArgumentHelp("A table of standard models' accuracies.", valueName: "table"))
  var baselines: String?

  @Option(help: ArgumentHelp("The model before an intervention, or its report (.json).", valueName: "file"))
  var relativeTo: String?

  @Option(help: "Seed of the intervals.")
  var seed: UInt64 = 0

  @OptionGroup(title: "Report") var page: ReportOptions

  @OptionGroup var kept: CacheOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    try model.requireModel(file)
    for (option, names) in [("--shifted", shifted.map(\.name)), ("--class-subset", classSubset.map(\.name))] {
      for (index, name) in names.enumerated() where names[..<index].contains(name) {
        throw ValidationError("\(option) has \(name) twice; name each set once, as in NAME=PATH")
      }
    }
    if let stranger = classSubset.first(where: { subset in !shifted.contains { $0.name == subset.name } }) {
      throw ValidationError(
        "--class-subset names \(stranger.name), but the shifted sets are \(shifted.map(\.name).joined(separator: ", "))"
      )
    }
  }

  func run() throws {
    try page.check()
    let captions = try template.captions()
    let folders = try DataSource.classNames(reference.path)
    guard let labels = try self.labels.map({ try Labels.read($0) }) ?? folders else {
      throw ValidationError("--labels is needed where the reference set has no class folders")
    }
    try Labels.requireChoice(labels)
    let plain = try set(reference, labels)
    var sets: [RobustnessSet] = []
    for item in shifted {
      let subset = try classSubset.first { $0.name == item.name }.map { try Labels.read($0.path) }
      sets.append(try set(item, labels, subset))
    }
    var fits: [RobustnessFit?] = []
    let baselines = try self.baselines.map { try RobustnessBaselines(contentsOf: $0) }
    for item in shifted { fits.append(try baselines?.fit(item.name)) }
    let isReport = relativeTo?.lowercased().hasSuffix(".json") ?? false
    let earlier = isReport ? try relativeTo.map(report) : nil

    let cache = try kept.features()
    let clip = try model.clip(file, engine)
    let other = isReport ? nil : try relativeTo.map(earlierModel)
    let bar = ProgressBar("evaluating", total: 0)
    func measure(_ clip: CLIP) throws -> RobustnessResult {
      try Robustness(clip, cache: cache).measure(reference: plain, shifted: sets, labels: labels, templates: captions) {
        bar.update($0, "pictures")
      }
    }
    let result = try measure(clip)
    let before = try other.map(measure)
    bar.finish()
    var rows: [RobustnessReport.Set] = []
    for (index, shift) in result.shifts.enumerated() {
      let relative = try earlier.map { try gain(shift, $0) } ?? before.map { try gain(shift, $0.shifts[index]) }
      rows.append(.init(shift, try shift.measures(fit: fits[index], seed: seed), fits[index], relative))
    }
    let report = RobustnessReport(
      reference: .init(
        name: result.name, pictures: result.reference.count, accuracy: try result.referenceAccuracy(seed: seed)),
      sets: rows, assumptions: clip.assumptions.isEmpty ? nil : clip.assumptions)
    try page.write(report.page(model: model.name(file), baselines: baselines))
    if json { return try StandardOutput.json(report) }
    for line in report.lines { try StandardOutput.line(line) }
  }

  private func set(_ item: NamedPath, _ labels: [String], _ subset: [String]? = nil) throws -> RobustnessSet {
    var options = DataSource.Options()
    options.purpose = .classes(names: subset ?? labels)
    return try RobustnessSet(
      name: item.name, data: try DataSource.open(item.path, options), labels: labels, subset: subset,
      folders: try DataSource.classNames(item.path))
  }

  /// The whole model in a file, prepared as the first one is.
  private func earlierModel(_ path: String) throws -> CLIP {
    var whole = model
    (whole.imageModel, whole.textModel) = (nil, nil)
    return try whole.clip(path, engine)
  }

  private func report(_ path: String) throws -> RobustnessReport.Earlier {
    guard let data = FileManager.default.contents(atPath: path) else { throw Failure(path, "cannot be read") }
    guard let report = try? JSONDecoder().decode(RobustnessReport.Earlier.self, from: data) else {
      throw Failure(path, "is not what evaluate robustness prints with --json")
    }
    return report
  }

  /// The gain over an earlier report; without an interval, since that has no answers for each picture.
  private func gain(
    _ shift: RobustnessShift, _ earlier: RobustnessReport.Earlier
  ) throws -> RobustnessReport.Relative {
    let path = relativeTo ?? ""
    guard let set = earlier.sets.first(where: { $0.name == shift.name }) else {
      throw Failure(path, "tells nothing of the set \(shift.name)")
    }
    guard set.pictures == shift.shifted.count, set.classes == shift.classes else {
      throw Failure(
        path,
        "has \(set.pictures) pictures of \(set.classes) classes for \(shift.name), which now has \(shift.shifted.count) of "
          + "\(shift.classes); compare the same data")
    }
    let accuracy = Double(shift.shifted.count { $0 }) / Double(shift.shifted.count)
    return .init(
      to: path, accuracyBefore: set.accuracy.estimate, estimate: accuracy - set.accuracy.estimate, interval: nil)
  }

  private func gain(_ shift: RobustnessShift, _ earlier: RobustnessShift) throws -> RobustnessReport.Relative {
    let interval = try shift.relativeRobustness(to: earlier, seed: seed)
    let before = Double(earlier.shifted.count { $0 }) / Double(earlier.shifted.count)
    return .init(to: relativeTo ?? "", accuracyBefore: before, estimate: interval.estimate, interval: interval)
  }
}
