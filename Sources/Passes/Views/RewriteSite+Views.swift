import Graphs
import Operators
import Tensors

/// A value as a view of another one, times a number.
struct Viewed {
  var source: Tensor
  var view: View
  var factor: Float = 1
  /// The steps from the value back to the source, the value's own first.
  var steps: [RewriteSite] = []
}

extension RewriteSite {
  /// Longer chains are followed no further.
  private static let longestChain = 32

  /// `tensor` as a view of what lies behind its movements: those that keep all elements (Reshape, Transpose …), and, where
  /// `parts` are followed, those that take some of them (Slice, Split, Gather of one) and products with one number.
  func viewed(_ tensor: Tensor, parts: Bool) -> Viewed {
    var (chain, current) = ([(site: RewriteSite, value: Tensor)](), tensor)
    while chain.count < RewriteSite.longestChain, let maker = maker(current), let source = maker.moved(parts: parts) {
      chain.append((maker, current))
      current = source
    }
    var result = Viewed(source: current, view: View(current.shape))
    for (site, value) in chain.reversed() {
      if let factor = site.scaled()?.factor {
        result.factor *= factor
        result.steps.insert(site, at: 0)
      } else if let view = site.applied(to: result.view, of: value) {
        result.view = view
        result.steps.insert(site, at: 0)
      } else {
        result = Viewed(source: value, view: View(value.shape))
      }
    }
    return result
  }

  /// Whether nothing but the next step reads any of the values between a source and its view, or the source.
  func isPrivate(_ viewed: Viewed) -> Bool {
    isReadOnce(viewed.source) && viewed.steps.allSatisfy { $0.output().map { isReadOnce($0) } ?? false }
  }

  /// What this node moves, if that is all it does.
  private func moved(parts: Bool) -> Tensor? {
    guard let x = input(0), let y = output(), !(x.shape.dimensions + y.shape.dimensions).contains(0),
      View.follows(x.shape), View.follows(y.shape)
    else { return nil }
    switch node.op {
    case is Reshape, is Transpose, is Squeeze, is Unsqueeze, is Identity: return x
    case is Split, is Slice, is Gather: return parts ? x : nil
    case is Mul, is Div: return parts ? scaled()?.x : nil
    default: return nil
    }
  }

  /// The view that this node makes of a view of its input.
  private func applied(to view: View, of value: Tensor) -> View? {
    switch node.op {
    case let op as Transpose: return view.transposed(op.order(value.rank))
    case let op as Split:
      guard let axis = try? value.shape.axis(op.axis), let index = node.outputs.firstIndex(of: value.id) else {
        return nil
      }
      var start: Dimension = 0
      for output in node.outputs[..<index] {
        guard let output else { return nil }
        start = start + builder.graph[output].type.shape[axis]
      }
      return view.sliced(axis: axis, from: start, length: value.shape[axis])
    case let op as Gather:
      guard let x = input(0), let axis = try? x.shape.axis(op.axis), let indices = input(1), indices.rank <= 1,
        let index = indices.numbers?.integers, index.count == 1
      else { return nil }
      let position = index[0] < 0 ? x.shape[axis] + Dimension(index[0]) : Dimension(index[0])
      return indices.rank == 0
        ? view.selected(axis: axis, position) : view.sliced(axis: axis, from: position, length: 1)
    case let op as Slice: return sliced(view, op, to: value.shape)
    default: return view.reshaped(to: value.shape)
    }
  }

  private func sliced(_ view: View, _ op: Slice, to shape: Shape) -> View? {
    func numbers(_ index: Int) -> [Int]? { input(index)?.numbers?.integers }
    guard let x = input(0), let starts = op.starts ?? numbers(1),
      input(4) == nil || numbers(4)?.allSatisfy({ $0 == 1 }) == true
    else { return nil }
    let axes = op.axes ?? numbers(3) ?? Array(starts.indices)
    guard axes.count == starts.count else { return nil }
    var result = view
    for (given, start) in zip(axes, starts) {
      guard let axis = try? x.shape.axis(given) else { return nil }
      let first = start < 0 ? x.shape[axis] + Dimension(start) : Dimension(start)
      if let number = first.constant, number < 0 { return nil }
      guard let next = result.sliced(axis: axis, from: first, length: shape[axis]) else { return nil }
      result = next
    }
    return result
  }
}

extension RewriteSite {
  /// `x` under another shape of as many elements: numbers where they say it, else extents that are read off what `x` is made of.
  func reshaped(_ x: Tensor, to shape: Shape) -> Tensor? {
    if x.shape == shape { return x }
    if let numbers = Tensor.reshapeTarget(from: x.shape, to: shape) {
      return x.reshaped(shape: builder.constant(numbers))
    }
    // One extent may stay open: the first that is no bare symbol.
    let open = shape.dimensions.indices.filter {
      shape[$0].constant == nil && !($0 < x.rank && x.shape[$0] == shape[$0])
    }
    let inferred = open.first { shape[$0].symbolName == nil } ?? open.first
    var parts: [Tensor] = []
    for (axis, extent) in shape.dimensions.enumerated() {
      if let number = extent.constant {
        if number == 0 { return nil }
        parts.append(builder.constant([number]))
      } else if axis == inferred {
        parts.append(builder.constant([-1]))
      } else if axis < x.rank, x.shape[axis] == extent {
        parts.append(builder.constant([0]))
      } else if let part = extentTensor(extent, of: x) {
        parts.append(part)
      } else {
        return nil
      }
    }
    return x.reshaped(shape: concatenated(parts, axis: 0))
  }

  /// The extent as a vector of one, read off an input of the graph that `x` depends on, or off what lies nearest to it.
  func extentTensor(_ extent: Dimension, of x: Tensor) -> Tensor? {
    var (pending, seen, found) = ([x], Set<ValueID>(), nil as Tensor?)
    while let next = pending.popLast(), seen.count < 1024 {
      guard let id = next.id, !isInitializer(next), seen.insert(id).inserted else { continue }
      if let axis = next.shape.dimensions.firstIndex(of: extent) {
        let dimension = { next.dimension(axis) }
        guard maker(next) != nil else { return dimension() }
        if found == nil { found = dimension() }
      }
      if let maker = maker(next) { pending += maker.node.inputs.compactMap { $0.map { Tensor(builder, $0) } } }
    }
    return found
  }

  /// The steps of `moves` from `x` on.
  func moved(_ x: Tensor, _ moves: View.Moves) -> Tensor? {
    guard let order = moves.order else { return reshaped(x, to: moves.after) }
    return reshaped(x, to: moves.before).flatMap { reshaped($0.transposed(order), to: moves.after) }
  }
}
