import Graphs
import Tensors

extension Engine {
  /// The planned program for these inputs, from the cache if it was met before.
  ///
  /// - Parameter deferringWeights: for a run that may be the only one: it is planned again where it is not.
  func frame(
    _ inputs: [String: NDArray], _ request: Request, deferringWeights: Bool = false
  ) throws(RuntimeError) -> Frame {
    let selection = try selection(request)
    try requireKnown(inputs)
    for id in selection.required where inputs[selection.graph[id].name] == nil {
      let value = selection.graph[id]
      throw RuntimeError(.missingInput, at: value.name, "is needed, but not given: \(value.type)")
    }
    let symbols = try bindings(inputs, selection)
    return try frame(symbols: symbols, numbers: inputs, request, deferringWeights: deferringWeights)
  }

  /// The planned program for these symbols, from the cache if it was met before.
  func frame(
    symbols: [String: Int], numbers: [String: NDArray], _ request: Request, deferringWeights: Bool = false
  ) throws(RuntimeError) -> Frame {
    var selection = try selection(request)
    func key() -> ProgramCache.Key {
      let contents = selection.deciding.reduce(into: [:]) { $0[$1] = numbers[$1]?.integers }
      return ProgramCache.Key(request: request, symbols: symbols, contents: contents)
    }
    if let frame = programs.frame(key()) { return frame }
    let bound = try bind(&selection, symbols, numbers)
    selections[request] = selection
    if firstFrame != nil { releaseConstants() }
    let program = try Program(
      planning: specialised(bound), threads: options.threads, weights: weights, defersPacking: deferringWeights)
    var stateIndices: [Int] = []
    for state in program.states {
      guard let index = states.index(of: state.name) else {
        throw RuntimeError(.planning, at: state.name, "is updated, but is not a state of the session's graph")
      }
      stateIndices.append(index)
    }
    let frame = Frame(program, stateIndices: stateIndices)
    firstFrame = deferringWeights ? frame : nil
    if deferringWeights { return frame }
    programs.insert(frame, for: key(), limit: options.maximumPrograms)
    return frame
  }

  /// Lets the pages of files go that the first run has read: weights are laid out one after another, and are never in memory
  /// twice as a whole.
  private func releaseConstants() {
    for array in graph.constants.values {
      array.storage.releasePages(array.offset..<array.offset + array.byteCount)
    }
  }

  private func selection(_ request: Request) throws(RuntimeError) -> Selection {
    if let known = selections[request] { return known }
    let made = try Selection(graph, request, changing: Set(stateNames))
    if selections.count >= 64 { selections = [:] }
    selections[request] = made
    return made
  }

  // MARK: Symbols

  private func requireKnown(_ inputs: [String: NDArray]) throws(RuntimeError) {
    let known = graph.inputs.map { graph[$0].name }
    for name in inputs.keys.sorted() where !known.contains(name) {
      throw RuntimeError(.unknownName, at: name, "is not an input; there are: \(known.joined(separator: ", "))")
    }
    for id in graph.inputs {
      guard let array = inputs[graph[id].name], case let type = graph[id].type else { continue }
      guard array.scalar == type.scalar else {
        throw RuntimeError(.wrongType, at: graph[id].name, "is declared \(type), but given as \(array.type)")
      }
      guard array.sizes.count == type.shape.rank else { throw wrongShape(graph[id], array) }
    }
  }

  private func wrongShape(_ value: Value, _ array: NDArray, _ why: String = "") -> RuntimeError {
    RuntimeError(.wrongShape, at: value.name, "is declared \(value.type), but given as \(array.type)\(why)")
  }

  /// What the inputs' sizes say of the symbols: bare symbols give numbers, all other extents are compared.
  private func bindings(_ inputs: [String: NDArray], _ selection: Selection) throws(RuntimeError) -> [String: Int] {
    var numbers: [String: Int] = [:]
    var origin: [String: String] = [:]
    let given = selection.required.compactMap { id in
      inputs[selection.graph[id].name].map { (value: selection.graph[id], array: $0) }
    }
    for (value, array) in given {
      for (dimension, size) in zip(value.type.shape.dimensions, array.sizes) {
        guard let symbol = dimension.symbolName else { continue }
        if let before = numbers[symbol], before != size {
          let other = origin[symbol] ?? value.name
          throw wrongShape(value, array, ": \(symbol) is \(before) in \(other), but \(size) in \(value.name)")
        }
        (numbers[symbol], origin[symbol]) = (size, origin[symbol] ?? value.name)
      }
    }
    for (value, array) in given {
      for (dimension, size) in zip(value.type.shape.dimensions, array.sizes) {
        guard let wanted = dimension.bound(numbers).constant, wanted != size else { continue }
        throw wrongShape(value, array, dimension.constant == nil ? ": \(dimension) is \(wanted), not \(size)" : "")
      }
    }
    return numbers
  }

  // MARK: Graphs

  /// The selection with numbers for symbols. Where shapes depend on data, the numbers of small integer inputs are taken
  /// into account, of as few of them as possible.
  private func bind(
    _ selection: inout Selection, _ symbols: [String: Int], _ numbers: [String: NDArray]
  ) throws(RuntimeError) -> Graph {
    do throws(RuntimeError) { return try attempt(selection, symbols, numbers, selection.deciding) } catch {
      guard error.kind == .dependsOnData else { throw error }
      let graph = selection.graph
      let candidates = selection.required.map { graph[$0] }.filter { value in
        guard let array = numbers[value.name] else { return false }
        return !value.type.scalar.isFloat && value.type.shape.rank <= 1 && array.count <= 64
      }.map(\.name)
      var deciding = selection.deciding.union(candidates)
      guard deciding != selection.deciding else { throw error }
      var bound = try attempt(selection, symbols, numbers, deciding)
      for name in candidates where !selection.deciding.contains(name) {
        guard let simpler = try? attempt(selection, symbols, numbers, deciding.subtracting([name])) else { continue }
        deciding.remove(name)
        bound = simpler
      }
      selection.deciding = deciding
      return bound
    }
  }

  private func attempt(
    _ selection: Selection, _ symbols: [String: Int], _ numbers: [String: NDArray], _ deciding: Set<String>
  ) throws(RuntimeError) -> Graph {
    var graph = selection.graph
    for id in graph.inputs where deciding.contains(graph[id].name) {
      graph[id].contents = numbers[graph[id].name]?.integers?.map { Dimension($0) }
    }
    do {
      let bound = try graph.bound(symbols)
      do { return try bound.expandingMacros() } catch {
        throw error.diagnostics.first ?? GraphError(.shape, at: bound.name, "\(error)")
      }
    } catch let error as GraphError { throw RuntimeError(error) } catch {
      throw RuntimeError(.planning, at: graph.name, "\(error)")
    }
  }

  private func specialised(_ bound: Graph) throws(RuntimeError) -> Graph {
    guard let specialise = options.specialise else { return bound }
    do {
      var graph = try specialise(bound)
      try graph.inferAll()
      return graph
    } catch let error as GraphError {
      throw RuntimeError(error)
    } catch {
      throw RuntimeError(.planning, at: graph.name, "could not be specialised: \(error)")
    }
  }
}
