/// The style sheet of a report, which is all that its looks depend on.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark; \(ReportPalette.light.variables) }
    @media (prefers-color-scheme: dark) { :root { \(ReportPalette.dark.variables) } }
    \(page)
    \(plots)
    \(series)
    \(heat)
    @media print {
      :root { color-scheme: light; \(ReportPalette.light.variables) }
      body { max-width: none; padding: 0; font-size: 10pt }
      figure, tr, .summary { break-inside: avoid }
      h2 { break-after: avoid }
      .wide { overflow: visible }
      svg { min-width: 0 !important; print-color-adjust: exact; -webkit-print-color-adjust: exact }
      details:not([open]) { display: none }
    }
    """

  private static let page = """
    * { box-sizing: border-box }
    body { margin: 0 auto; padding: 24px 16px 48px; max-width: 840px; background: var(--background); color: var(--text);
      font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
    h1 { font-size: 1.7em; line-height: 1.25; margin: 0 0 .25em }
    h2 { font-size: 1.25em; line-height: 1.3; margin: 2.2em 0 .5em; padding-top: .6em; border-top: 1px solid var(--grid) }
    p { margin: .5em 0 }
    .muted, figcaption, footer { color: var(--muted) }
    figcaption, footer, details, table { font-size: .9em }
    footer { margin-top: 3em }
    figure { margin: 1em 0 }
    figcaption { margin-top: .4em }
    .wide { overflow-x: auto }
    .wide:focus-visible, summary:focus-visible { outline: 2px solid var(--series0); outline-offset: 2px }
    .summary { background: var(--panel); border-radius: 8px; padding: .6em 1em; margin: 1.2em 0 }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums }
    caption { text-align: left; color: var(--muted); padding: .4em 0 }
    th, td { padding: .25em .9em .25em 0; text-align: left; vertical-align: top; overflow-wrap: normal }
    th.text, td.text { overflow-wrap: anywhere; min-width: 7em }
    th.number, td.number { text-align: right; white-space: nowrap }
    tr > * { border-bottom: 1px solid var(--grid) }
    tbody th { font-weight: normal }
    .summary th { color: var(--muted); width: 12em; min-width: 8em }
    .summary tr > * { border: 0 }
    details { margin: .8em 0 }
    summary { cursor: pointer }
    """

  private static let plots = """
    svg { display: block; width: 100%; height: auto }
    svg text { font-family: system-ui, sans-serif; fill: var(--text) }
    svg .title { font-size: 14px; font-weight: bold }
    svg .label { font-size: 12px }
    svg .small { font-size: 10px }
    svg .bold { font-weight: bold }
    svg .muted { fill: var(--muted) }
    svg .grid, svg .frame { stroke: var(--grid); stroke-width: 1; fill: none }
    svg .plate { fill: var(--background); fill-opacity: .85 }
    svg .whisker { stroke: var(--text); stroke-width: 1.4 }
    svg .diagonal { stroke: var(--muted); stroke-width: 1.4; stroke-dasharray: 5 4; fill: none }
    svg .point { fill: var(--muted); fill-opacity: .75 }
    svg path { shape-rendering: crispEdges }
    """

  private static let series = ReportPalette.light.series.indices.map { index in
    """
    svg .fill\(index) { fill: var(--series\(index)) }
    svg .pale\(index) { fill: var(--series\(index)); fill-opacity: .6 }
    svg .band\(index) { fill: var(--series\(index)); fill-opacity: .18 }
    svg .stroke\(index) { stroke: var(--series\(index)); stroke-width: 2; fill: none }
    """
  }.joined(separator: "\n")

  private static let heat = (0...ReportPalette.heatLevels).map { level in
    "svg .heat\(level) { fill: var(--heat\(level)) }\nsvg .ink\(level) { fill: var(--ink\(level)) }"
  }.joined(separator: "\n")

  /// The place of a series among the colours.
  static func colour(_ series: Int) -> Int {
    let count = ReportPalette.light.series.count
    return (series % count + count) % count
  }
}
