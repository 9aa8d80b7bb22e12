/// The folder and the last component of a path. `folder` is empty for a bare name.
///
/// Foundation's `NSString.deletingLastPathComponent` traps on names of one character, and names come from files.
func pathParts(_ path: String) -> (folder: String, name: String) {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
  let folder = slash == path.startIndex ? "/" : String(path[..<slash])
  return (folder, String(path[path.utf8.index(after: slash)...]))
}
