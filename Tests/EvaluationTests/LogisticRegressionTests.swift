import Foundation
import Testing

@testable import Evaluation

@Suite("Logistic regression")
struct LogisticRegressionTests {
  struct Problem: Decodable {
    var name: String
    var width: Int
    var lambda: Double
    var features: [Float]
    var labels: [Int]
    var objective: Double
    var predictions: [Int]
  }

  /// Of the fit's weights, in double precision.
  private func objective(_ fit: LogisticRegression, _ problem: Problem) -> Double {
    let classes = fit.bias.count
    var sum = fit.weights.reduce(0) { $0 + Double($1) * Double($1) } * problem.lambda / 2
    for (row, label) in problem.labels.enumerated() {
      let scores = (0..<classes).map { column in
        (0..<problem.width).reduce(Double(fit.bias[column])) {
          $0 + Double(problem.features[row * problem.width + $1]) * Double(fit.weights[$1 * classes + column])
        }
      }
      let largest = scores.max() ?? 0
      sum += largest + log(scores.reduce(0) { $0 + exp($1 - largest) }) - scores[label]
    }
    return sum / Double(problem.labels.count)
  }

  @Test("reaches scikit-learn's objective and predictions, also where it is hard")
  func agrees() throws {
    for problem in try EvaluationFixtures.read([Problem].self, "probe.json") {
      let fit = try LogisticRegression(
        features: problem.features, width: problem.width, labels: problem.labels, classes: 4, lambda: problem.lambda)
      let own = objective(fit, problem)
      #expect(
        abs(own - problem.objective) <= 1e-6 * problem.objective,
        "\(problem.name): \(own), \(problem.objective), \(fit.iterations)")
      #expect(abs(fit.objective - own) <= 1e-5 * own, "\(problem.name): \(fit.objective), \(own)")
      #expect(fit.predictions(problem.features) == problem.predictions, "\(problem.name)")
    }
  }

  @Test("L-BFGS finds the valley of Rosenbrock's function")
  func rosenbrock() throws {
    let result = LimitedMemoryBFGS(rounding: 0).minimise(
      { p in
        let (x, y) = (p[0], p[1])
        let value = 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x)
        return (value, [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
      }, from: [-1.2, 1])
    #expect(result.converged && result.iterations < 100)
    expectClose(result.point[0], 1)
    expectClose(result.point[1], 1)
  }

  private func split(_ problem: Problem, _ rows: Range<Int>) -> LinearProbe.Split {
    var split = LinearProbe.Split()
    (split.width, split.labels) = (problem.width, problem.labels)
    split.features = problem.features
    return split.rows(Array(rows))
  }

  @Test("a probe chooses λ among the grid's, fits all rows again, and counts shots by class")
  func probe() throws {
    let problem = try #require(try EvaluationFixtures.read([Problem].self, "probe.json").first)
    let (train, test) = (split(problem, 0..<64), split(problem, 64..<96))
    let result = try LinearProbe.run(train: train, test: test, classes: 4)
    #expect(result.search.count >= 13 && result.search.count <= 15)
    for (lambda, _) in result.search {
      let step = (log10(lambda) + 6) * 8
      #expect(abs(step - step.rounded()) < 1e-9 && (0...96).contains(Int(step.rounded())))
    }
    let best = try #require(result.search.map(\.accuracy).max())
    #expect(result.search.contains { $0.lambda == result.fit.lambda && $0.accuracy == best })
    #expect(result.trainingPictures == 64)
    #expect(try result.confusion.accuracy == Double(result.hits.count { $0 }) / 32)
    let few = try LinearProbe.run(train: train, test: test, classes: 4, lambda: 1, shots: 2, seed: 5)
    #expect(few.trainingPictures == 8 && few.search.isEmpty)
    let again = try LinearProbe.run(train: train, test: test, classes: 4, lambda: 1, shots: 2, seed: 5)
    #expect(few.fit.weights == again.fit.weights)
  }

  @Test("what cannot be fitted is refused in a line")
  func refusals() throws {
    func fit(_ features: [Float], _ labels: [Int], classes: Int = 2, lambda: Double = 1) throws {
      _ = try LogisticRegression(features: features, width: 2, labels: labels, classes: classes, lambda: lambda)
    }
    expectRefusal("row 1 is of class 2") { try fit([1, 2, 3, 4], [0, 2]) }
    expectRefusal("feature 1 of row 0 is not a finite number") { try fit([1, .nan, 3, 4], [0, 1]) }
    expectRefusal("not 2 rows of 2") { try fit([1, 2, 3], [0, 1]) }
    expectRefusal("two classes at least") { try fit([1, 2, 3, 4], [0, 0], classes: 1) }
    expectRefusal("above 0") { try fit([1, 2, 3, 4], [0, 1], lambda: 0) }
    let problem = try #require(try EvaluationFixtures.read([Problem].self, "probe.json").first)
    expectRefusal("split is empty") {
      _ = try LinearProbe.run(train: split(problem, 0..<0), test: split(problem, 0..<9), classes: 4)
    }
    expectRefusal("of class 3, but there are only 3") {
      _ = try LinearProbe.run(train: split(problem, 0..<9), test: split(problem, 0..<9), classes: 3)
    }
  }
}
