import ArgumentParser

/// Whose files a model may draw on.
struct TrustOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Follow symbolic links to external data beneath this directory (a Hugging Face cache); others are refused.",
      valueName: "directory"))
  var trustedRoot: String?
}
