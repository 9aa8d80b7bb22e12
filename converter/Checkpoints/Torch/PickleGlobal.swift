import Tensors

/// A Python name that a pickle may speak of, and what it stands for. Whatever is not in the table is refused.
struct PickleGlobal {
  enum Meaning: Equatable {
    case mapping
    /// Makes a list or a set from one.
    case sequence
    /// `_rebuild_tensor…(storage, offset, sizes, strides, …)`; the element type is an argument of its own where `hasType`.
    case tensor(hasType: Bool)
    /// A call whose first argument is the tensor.
    case parameter
    /// `_rebuild_from_type_v2(function, type, arguments, state)`.
    case fromType
    /// Elements of a storage; nil for what no weights have.
    case storage(ScalarType?)
    /// The bytes of a storage whose tensors say what they are.
    case untypedStorage
    case scalar(ScalarType?)
    /// A class of a TorchScript archive.
    case script
    /// Something whose calls make what has no part in weights.
    case harmless
  }

  let name: String
  let meaning: Meaning

  /// nil for names that are not known.
  init?(_ name: String) {
    if let meaning = PickleGlobal.table[name] {
      self.meaning = meaning
    } else if name.hasPrefix("__torch__.") {
      meaning = .script
    } else {
      return nil
    }
    self.name = name
  }

  private static let scalars: [(storage: String, type: String, scalar: ScalarType?)] = [
    ("FloatStorage", "float32", .float32), ("HalfStorage", "float16", .float16),
    ("BFloat16Storage", "bfloat16", .bfloat16), ("DoubleStorage", "float64", .float64),
    ("LongStorage", "int64", .int64), ("IntStorage", "int32", .int32), ("ShortStorage", "int16", .int16),
    ("CharStorage", "int8", .int8), ("ByteStorage", "uint8", .uint8), ("BoolStorage", "bool", .bool),
    ("", "uint16", .uint16), ("", "uint32", .uint32), ("", "uint64", .uint64),
    ("ComplexFloatStorage", "complex64", nil), ("ComplexDoubleStorage", "complex128", nil),
    ("QInt8Storage", "qint8", nil), ("QUInt8Storage", "quint8", nil), ("QInt32Storage", "qint32", nil),
    ("QUInt4x2Storage", "quint4x2", nil), ("QUInt2x4Storage", "quint2x4", nil), ("", "complex32", nil),
    ("", "float8_e4m3fn", nil), ("", "float8_e5m2", nil), ("", "float8_e4m3fnuz", nil), ("", "float8_e5m2fnuz", nil),
    ("", "bits8", nil),
  ]

  private static let meanings: [(meaning: Meaning, names: [String])] = [
    (.mapping, ["collections.OrderedDict", "collections.defaultdict", "collections.Counter"]),
    (
      .sequence,
      [
        "torch.Size", "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset",
        "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
        "torch.jit._pickle.build_tensorlist",
      ]
    ),
    (.tensor(hasType: false), ["torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"]),
    (.tensor(hasType: true), ["torch._utils._rebuild_tensor_v3"]),
    (
      .parameter,
      [
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter",
        "torch.nn.parameter.Buffer",
      ]
    ),
    (.fromType, ["torch._tensor._rebuild_from_type_v2"]),
    (.untypedStorage, ["torch.storage.UntypedStorage", "torch.UntypedStorage"]),
    (
      .harmless,
      [
        "torch.Tensor", "torch.device", "torch.Generator", "torch.serialization._get_layout",
        "torch.jit._pickle.restore_type_tag", "_codecs.encode", "builtins.bytearray", "__builtin__.bytearray",
        "builtins.bytes", "__builtin__.bytes", "builtins.complex", "__builtin__.complex", "builtins.slice",
        "builtins.range", "builtins.int", "__builtin__.int", "builtins.float", "__builtin__.float", "builtins.str",
        "builtins.bool", "builtins.list", "__builtin__.list", "builtins.dict", "__builtin__.dict", "builtins.tuple",
        "collections.deque", "argparse.Namespace", "types.SimpleNamespace", "pathlib.Path", "pathlib.PosixPath",
        "pathlib.PurePosixPath", "pathlib.WindowsPath", "pathlib.PureWindowsPath", "pathlib._local.PosixPath",
        "pathlib._local.WindowsPath", "datetime.datetime", "datetime.date", "datetime.timedelta", "datetime.timezone",
        "decimal.Decimal", "fractions.Fraction", "uuid.UUID", "numpy.dtype", "numpy.ndarray", "numpy.bool_",
        "numpy.int32", "numpy.int64", "numpy.float16", "numpy.float32", "numpy.float64", "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
        "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer", "numpy.dtypes.Float64DType",
        "numpy.dtypes.Float32DType", "numpy.dtypes.Int64DType",
      ]
    ),
  ]

  private static let table: [String: Meaning] = {
    var table: [String: Meaning] = [:]
    for (meaning, names) in meanings {
      for name in names { table[name] = meaning }
    }
    for (storage, type, scalar) in scalars {
      table["torch." + type] = .scalar(scalar)
      if storage.isEmpty { continue }
      table["torch." + storage] = .storage(scalar)
      table["torch.cuda." + storage] = .storage(scalar)
    }
    return table
  }()
}
