import Synchronization
import Testing

@testable import ClipGraph

private final class Count: Sendable {
  let value = Atomic(0)
}

@Suite struct PrefetchTests {
  @Test func itemsComeInOrderAndFewWait() throws {
    let (made, taken) = (Count(), Count())
    let items = Prefetch<Int>(200, ahead: 5) { index throws(ClipGraphError) in
      let waiting =
        made.value.add(1, ordering: .sequentiallyConsistent).newValue
        - taken.value.load(ordering: .sequentiallyConsistent)
      // The one that is being taken counts, too.
      #expect(waiting <= 6)
      return index * index
    }
    for index in 0..<200 {
      #expect(try items.next() == index * index)
      taken.value.store(index + 1, ordering: .sequentiallyConsistent)
    }
  }

  @Test func anErrorComesWhereItsItemWould() throws {
    let items = Prefetch<Int>(10, ahead: 10) { index throws(ClipGraphError) in
      if index >= 3 { throw ClipGraphError("item \(index)", "is broken") }
      return index
    }
    for index in 0..<3 { #expect(try items.next() == index) }
    let error = #expect(throws: ClipGraphError.self) { try items.next() }
    #expect(error?.place == "item 3")
    items.stop()
  }
}
