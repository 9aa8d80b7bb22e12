import Synchronization
import Testing

@testable import ClipGraph

@Suite struct PrefetchTests {
  @Test func itemsComeInOrderAndFewWait() throws {
    let counts = Mutex((made: 0, taken: 0))
    let items = Prefetch<Int>(200, ahead: 5) { index throws(ClipGraphError) in
      let waiting = counts.withLock { counts in
        counts.made += 1
        return counts.made - counts.taken
      }
      // The one that is being taken counts, too.
      #expect(waiting <= 6)
      return index * index
    }
    for index in 0..<200 {
      #expect(try items.next() == index * index)
      counts.withLock { $0.taken = index + 1 }
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
