import ClipGraph
import Foundation

// Zero-shot classification: which caption fits a picture best?
//
//     swift run ExampleClassify shapes.onnx "red circle,blue square" a.png b.png

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 3, let model = arguments.first, let labels = arguments.dropFirst().first else {
  FileHandle.standardError.write(Data("usage: ExampleClassify MODEL.onnx \"label,label\" IMAGE…\n".utf8))
  exit(64)
}

do {
  let clip = try CLIP(contentsOf: model)
  let results = try clip.classify(
    Array(arguments.dropFirst(2)), labels: labels.split(separator: ",").map(String.init), templates: ["a {}"])
  for result in results {
    guard let best = result.scores.first else { continue }
    print("\(result.image): \(best.label) (\(Int((best.probability * 100).rounded())) %)")
  }

  // The features themselves: cosines of every picture with a caption of its own.
  let pictures = try clip.encode(images: Array(arguments.dropFirst(2))).normalised()
  let captions = try clip.encode(texts: ["a small red circle above a large blue square"]).normalised()
  for (image, row) in zip(arguments.dropFirst(2), pictures.similarities(to: captions)) {
    print("\(image): cosine \(row[0])")
  }
} catch {
  FileHandle.standardError.write(Data("ExampleClassify: \(error)\n".utf8))
  exit(1)
}
