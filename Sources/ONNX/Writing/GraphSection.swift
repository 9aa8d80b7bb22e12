import Graphs

/// The part of a `Graph` that becomes one GraphProto.
struct GraphSection {
  var name: String
  var nodes: [Node] = []
  var inputs: [ValueID] = []
  var constants: [ValueID] = []
  var outputs: [Graph.Output] = []
}
