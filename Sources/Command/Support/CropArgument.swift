import ArgumentParser
import Preprocessing

/// `min,max`: the share of a picture's area that a random part has.
struct CropArgument: ExpressibleByArgument {
  let crop: RandomResizedCrop

  init?(argument: String) {
    let parts = argument.split(separator: ",").map { Double($0) }
    guard parts.count == 2, let low = parts[0], let high = parts[1], 0 < low, low <= high, high <= 1 else { return nil }
    crop = RandomResizedCrop(scale: low...high)
  }
}
