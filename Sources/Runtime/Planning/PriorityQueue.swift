/// A binary heap of items, smallest key first; equal keys by smallest item.
struct PriorityQueue {
  private var heap: [(key: Int, item: Int)] = []

  private static func precedes(_ a: (key: Int, item: Int), _ b: (key: Int, item: Int)) -> Bool {
    a.key != b.key ? a.key < b.key : a.item < b.item
  }

  mutating func push(_ key: Int, _ item: Int) {
    heap.append((key, item))
    var child = heap.count - 1
    while child > 0, case let parent = (child - 1) / 2, PriorityQueue.precedes(heap[child], heap[parent]) {
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> Int? {
    guard let top = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return top.item }
    heap[0] = last
    var parent = 0
    while true {
      let (left, right) = (2 * parent + 1, 2 * parent + 2)
      var least = parent
      if left < heap.count, PriorityQueue.precedes(heap[left], heap[least]) { least = left }
      if right < heap.count, PriorityQueue.precedes(heap[right], heap[least]) { least = right }
      if least == parent { return top.item }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
