import Graphs
import Operators

extension Catalogue {
  /// Every operator there is, and the derivatives that files ask for.
  public static let withGradients = Catalogue(standard.operators + [Gradient.self])
}
