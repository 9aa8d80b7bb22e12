import Foundation

/// What CLIPGRAPH_FUZZ names.
private let subject: Subject = {
  let name = ProcessInfo.processInfo.environment["CLIPGRAPH_FUZZ"] ?? ""
  guard let subject = Subject(rawValue: name) else {
    let names = Subject.allCases.map(\.rawValue).joined(separator: ", ")
    FileHandle.standardError.write(Data("fuzz: CLIPGRAPH_FUZZ is \"\(name)\"; it names one of \(names)\n".utf8))
    exit(2)
  }
  return subject
}()

private let scratch = subject.scratch

/// libFuzzer's entry point: https://llvm.org/docs/LibFuzzer.html.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  try? subject.read([UInt8](UnsafeBufferPointer(start: bytes, count: count)), scratch: scratch)
  return 0
}
