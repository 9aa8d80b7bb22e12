import CLIPModel
import Testing
import TrainingGraphs

@Suite("Hyper-parameters")
struct HyperparameterTests {
  @Test(
    "defaults are the paper's for the kind of image tower",
    arguments: [("RN50", 0.999, 1e-8), ("RN50x64-quickgelu", 0.999, 1e-8), ("ViT-B-32", 0.98, 1e-6)])
  func defaults(name: String, beta2: Double, epsilon: Double) throws {
    let h = Hyperparameters(for: try CLIPConfiguration.named(name).configuration.vision)
    #expect(h.beta1 == 0.9 && h.beta2 == beta2 && h.epsilon == epsilon)
    #expect(h.weightDecay == 0.2 && h.warmupSteps == 2_000)
  }
}
