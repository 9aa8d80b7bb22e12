import Evaluation

extension ZeroShotReport {
  /// The page of a report on `result`.
  func page(_ result: ZeroShotResult, model: String, data: String) throws -> HTMLReport {
    var summary = [
      (name: "Accuracy", value: PlotEstimate(interval).words + ", " + PlotEstimate(interval).intervalWords),
      (name: "Among the best five", value: Quantity.percent(topFiveAccuracy)), (name: "Pictures", value: "\(samples)"),
    ]
    guard let classes, let meanPerClass else { return HTMLReport(zeroShot: model, data: data, summary: summary) }
    summary.append((name: "Mean of the classes", value: PlotEstimate(meanPerClass).words))
    let matrix = try result.confusion(classes: classes.count)
    let calibration = try result.calibration()
    return HTMLReport(
      zeroShot: model, data: data, summary: summary,
      classes: classes.map { ClassScore(label: $0.label, samples: $0.samples, correct: $0.correct) },
      confusion: matrix.cells,
      calibration: (calibration.bins.map { ReliabilityPlot.Bin($0) }, calibration.expectedError),
      notes: withoutPictures.isEmpty
        ? [] : ["Classes without pictures do not count: " + withoutPictures.joined(separator: ", ") + "."])
  }
}

extension MultiLabelReport {
  func page(model: String, data: String) -> HTMLReport {
    var page = HTMLReport(
      title: "Zero-shot ranking", subtitle: "\(model) on \(data)",
      summary: [(name: title, value: Quantity.percent(value)), (name: "Pictures", value: "\(samples)")])
    guard let classes else { return page }
    let bars = classes.compactMap { row in
      row.averagePrecision.map {
        BarPlot.Bar(label: row.label, estimate: PlotEstimate($0), detail: "\(row.positives) pictures", series: 0)
      }
    }
    let plot = BarPlot(title: "Average precision", bars: bars, series: ["average precision"], isSorted: true)
    page.sections.append(.init("Average precision of each class", [.figure(svg: plot.svg, caption: plot.title)]))
    return page
  }
}

extension RobustnessReport {
  func page(model: String, baselines: RobustnessBaselines?) -> HTMLReport {
    HTMLReport(
      robustness: model, reference: reference.name,
      summary: [
        (name: "Accuracy on \(reference.name)", value: PlotEstimate(reference.accuracy).words),
        (name: "Pictures", value: "\(reference.pictures)"),
      ],
      shifts: sets.map { set in
        .init(
          name: set.name,
          baselines: (baselines?.points[set.name] ?? []).map {
            .init(label: "baseline", x: $0.reference, y: $0.shifted)
          },
          fit: set.fit.map { .init(slope: $0.slope, intercept: $0.intercept) },
          models: [.init(label: model, x: set.referenceAccuracy.estimate, y: set.accuracy.estimate)])
      })
  }
}

extension BiasReport {
  func page(model: String, data: String) -> HTMLReport {
    var page = HTMLReport(
      title: "Disparities between groups", subtitle: "\(model) on \(data)",
      summary: [(name: "Pictures", value: "\(pictures)"), (name: "Labels", value: "\(labels)")])
    for part in results {
      let rule =
        part.threshold.map { "labels of a probability of at least \(Quantity.significant($0))" } ?? "the best label"
      let without = part.leftOut.isEmpty ? "" : ", without " + part.leftOut.joined(separator: ", ")
      for column in part.columns {
        let blocks = column.categories.map { category in
          let bars = category.groups.map { group in
            BarPlot.Bar(
              label: group.group, estimate: PlotEstimate(group.share),
              detail: "\(group.share.examples) pictures" + (group.isSmall ? ", too few to say much" : ""), series: 0)
          }
          let plot = BarPlot(title: category.category, bars: bars, series: [category.category], isSorted: false)
          return HTMLReport.Block.figure(
            svg: plot.svg, caption: "Share of each group’s pictures that are put into “\(category.category)”")
        }
        page.sections.append(.init("\(column.column): \(rule)\(without)", blocks))
      }
    }
    page.add(note)
    return page
  }
}
