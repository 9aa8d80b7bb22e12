import CKernels

/// What to say of an index that is out of range.
enum IndexCheck {
  static func complaint(_ indices: UnsafeRawPointer?, _ type: ck_type, _ position: Int64, limit: Int64) -> String {
    let value = indices.map { pointer in
      type == CK_I64
        ? pointer.loadUnaligned(fromByteOffset: Int(position) * 8, as: Int64.self)
        : Int64(pointer.loadUnaligned(fromByteOffset: Int(position) * 4, as: Int32.self))
    }
    return
      "index \(value ?? 0) at position \(position) is out of range: it must be at least -\(limit) and below \(limit)"
  }
}
