/// The product of all factors; the largest number where it overflows. Costs are estimates: they must not trap.
func saturatingProduct(_ factors: Int...) -> Int {
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    if overflow { return Int.max }
    product = next
  }
  return product
}
