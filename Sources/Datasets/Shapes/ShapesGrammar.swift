/// The words of the shapes data set: what can be drawn, what it is called, and which combinations training never sees.
public enum Figure: String, CaseIterable, Sendable {
  case circle, square, triangle, star, cross, ring
}

public enum Colour: String, CaseIterable, Sendable {
  case red, green, blue, yellow, purple, orange, cyan, white

  /// Linear RGB in 0...1.
  var rgb: (Double, Double, Double) {
    switch self {
    case .red: (0.92, 0.16, 0.14)
    case .green: (0.15, 0.75, 0.20)
    case .blue: (0.20, 0.36, 0.95)
    case .yellow: (0.95, 0.88, 0.12)
    case .purple: (0.65, 0.20, 0.82)
    case .orange: (0.96, 0.52, 0.05)
    case .cyan: (0.15, 0.82, 0.86)
    case .white: (0.97, 0.97, 0.97)
    }
  }
}

public enum Size: String, CaseIterable, Sendable {
  case small, large

  /// Range of the radius, as a share of the picture's side.
  var radius: (Double, Double) {
    switch self {
    case .small: (0.17, 0.21)
    case .large: (0.27, 0.33)
    }
  }
}

/// A figure of a colour and a size.
public struct Subject: Hashable, Sendable {
  public var figure: Figure
  public var colour: Colour
  public var size: Size

  /// Shape and colour occur together only in tests: one colour in eight for every figure, another one for each.
  public var isUnseen: Bool { Subject.isUnseen(figure, colour) }

  static func isUnseen(_ figure: Figure, _ colour: Colour) -> Bool {
    let f = Figure.allCases.firstIndex(of: figure) ?? 0
    let c = Colour.allCases.firstIndex(of: colour) ?? 0
    return (c + f) % Colour.allCases.count == 0
  }

  /// Every pair of figure and colour, unseen or seen.
  public static func combinations(unseen: Bool) -> [(figure: Figure, colour: Colour)] {
    Figure.allCases.flatMap { figure in Colour.allCases.map { (figure, $0) } }
      .filter { isUnseen($0.0, $0.1) == unseen }.map { (figure: $0.0, colour: $0.1) }
  }

  func words(sized: Bool) -> String {
    sized ? "a \(size.rawValue) \(colour.rawValue) \(figure.rawValue)" : Subject.words(figure, colour)
  }

  static func words(_ figure: Figure, _ colour: Colour) -> String {
    "\(colour == .orange ? "an" : "a") \(colour.rawValue) \(figure.rawValue)"
  }
}

/// How two subjects stand to each other.
enum Relation: String, CaseIterable {
  case above, below
  case leftOf = "to the left of"
  case rightOf = "to the right of"
}

/// One or two subjects and what is said of them.
public struct Scene: Sendable {
  public var subjects: [Subject]
  var relation: Relation?
  public var caption: String

  /// A random scene of the training or the test split. Test scenes have one subject, an unseen one.
  static func random(test: Bool, using generator: inout SeededGenerator) -> Scene {
    let pool = Subject.combinations(unseen: test)
    func subject(_ generator: inout SeededGenerator) -> Subject {
      let (figure, colour) = generator.element(of: pool)
      return Subject(figure: figure, colour: colour, size: generator.element(of: Size.allCases))
    }
    let first = subject(&generator)
    if test || generator.uniform() < 0.7 {
      let sized = !test && generator.uniform() < 0.5
      let prefix = test ? "" : generator.element(of: ["", "", "a picture of ", "there is ", "a drawing of "])
      return Scene(subjects: [first], caption: prefix + first.words(sized: sized))
    }
    var second = subject(&generator)
    while second.figure == first.figure && second.colour == first.colour { second = subject(&generator) }
    let relation = generator.element(of: Relation.allCases)
    let sized = generator.uniform() < 0.6
    let caption = "\(first.words(sized: sized)) \(relation.rawValue) \(second.words(sized: sized))"
    return Scene(subjects: [first, second], relation: relation, caption: caption)
  }

  /// Sixteen captions of which exactly one is right: the right one, ten near neighbours (the same figure or the same
  /// colour), and the five other unseen combinations.
  public static func candidates(for subject: Subject, using generator: inout SeededGenerator) -> [String] {
    let right = Subject.words(subject.figure, subject.colour)
    var near: [String] = []
    for colour in Colour.allCases where colour != subject.colour { near.append(Subject.words(subject.figure, colour)) }
    for figure in Figure.allCases where figure != subject.figure { near.append(Subject.words(figure, subject.colour)) }
    near.shuffle(using: &generator)
    var others = Subject.combinations(unseen: true).map { Subject.words($0.figure, $0.colour) }.filter { $0 != right }
    others.shuffle(using: &generator)
    var list = [right] + near.prefix(10)
    for other in others where list.count < 16 && !list.contains(other) { list.append(other) }
    return list.shuffled(using: &generator)
  }
}
