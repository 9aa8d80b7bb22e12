import ArgumentParser
import Datasets

/// Pictures with captions or classes.
struct DataOptions: ParsableArguments {
  @Option(
    help: """
      Shards (a folder, or names with * and {00..99}, or several joined with ::), a table (.csv, .tsv) or JSON lines (.jsonl) of \
      paths and captions, or a folder with a folder for each class.
      """)
  var data: String

  @Option(help: "webdataset, csv, jsonl or folder, where the name does not tell.")
  var dataFormat: DataSource.Format?

  @Option(
    help: ArgumentHelp(
      "The column (or key) of the pictures' paths. (default: filepath, image, path, …)", valueName: "key"))
  var csvImgKey: String?

  @Option(help: ArgumentHelp("The column (or key) of the captions. (default: title, caption, text)", valueName: "key"))
  var csvCaptionKey: String?

  @Option(
    help: ArgumentHelp(
      "The column (or key) of the classes, where they count: names or indices of labels. (default: label, labels, class, …)",
      valueName: "key"))
  var csvLabelKey: String?

  @Option(help: ArgumentHelp("What parts columns. (default: tab or comma)", valueName: "character"))
  var csvSeparator: String?

  @Option(help: ArgumentHelp("The caption of pictures in class folders: {} is the class.", valueName: "text"))
  var captionTemplate = "a photo of a {}."

  func validate() throws {
    if let csvSeparator, separator == nil {
      throw ValidationError("--csv-separator must be one character, or \\t, not '\(csvSeparator)'")
    }
  }

  private var separator: Character? {
    csvSeparator.flatMap { $0 == "\\t" ? "\t" : $0.count == 1 ? $0.first : nil }
  }

  private var options: DataSource.Options {
    var options = DataSource.Options()
    (options.format, options.separator) = (dataFormat, separator)
    (options.imageKey, options.captionKey, options.template) = (csvImgKey, csvCaptionKey, captionTemplate)
    options.labelKey = csvLabelKey
    return options
  }

  func source() throws -> any SampleSource { try DataSource.open(data, options) }

  /// Samples that have classes, and perhaps no captions.
  ///
  /// - Parameter labels: names that tables may call the classes by.
  func classified(labels: [String]) throws -> any SampleSource {
    var options = options
    options.purpose = .classes(names: labels)
    return try DataSource.open(data, options)
  }

  /// The names of class folders; nil for other data.
  func classNames() throws -> [String]? { try DataSource.classNames(data, options) }
}

extension DataSource.Format: ExpressibleByArgument {}
