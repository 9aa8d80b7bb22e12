"""What NumPy makes of small inputs of the measures over groups, for evaluation_fixtures.py: robustness and bias."""

import numpy as np


def stratified(numbers, groups, statistics, resamples):
    """Resamples every group by itself with one stream of numbers; statistics that are not finite are left out."""
    rows = []
    for _ in range(resamples):
        means = [np.mean([g[(next(numbers) * len(g)) >> 64] for _ in g]) for g in groups]
        rows.append(statistics(np.array(means)))
    return [np.percentile(column[np.isfinite(column)], [2.5, 97.5]).tolist() for column in np.array(rows).T]


def logit(p):
    return np.log(p / (1 - p))


def robustness(write, split_mix):
    own = np.random.default_rng(1)
    fits = []
    for count in (2, 5, 40):
        x = np.round(own.uniform(0.3, 0.9, count), 4)
        y = np.round(1 / (1 + np.exp(-(1.1 * logit(x) - 0.8 + 0.2 * own.normal(size=count)))), 4)
        slope, intercept = np.polyfit(logit(x), logit(y), 1)
        at = [0.05, 0.5, 0.762, 0.99]
        fits.append({
            "reference": x.tolist(), "shifted": y.tolist(), "slope": float(slope), "intercept": float(intercept),
            "determination": float(np.corrcoef(logit(x), logit(y))[0, 1] ** 2), "at": at,
            "expected": [float(1 / (1 + np.exp(-np.polyval([slope, intercept], logit(a))))) for a in at],
        })
    reference, shifted = (own.random(60) < 0.8).astype(int), (own.random(45) < 0.55).astype(int)
    before = (own.random(45) < 0.5).astype(int)
    slope, intercept = fits[2]["slope"], fits[2]["intercept"]

    def statistics(m):
        with np.errstate(divide="ignore"):
            expected = 1 / (1 + np.exp(-(slope * logit(m[0]) + intercept)))
        return [m[0], m[1], m[0] - m[1], (m[0] - m[1]) / m[0], m[1] - expected]

    numbers = split_mix(5)
    gains = [np.mean([(shifted - before)[(next(numbers) * 45) >> 64] for _ in range(45)]) for _ in range(1000)]
    write("robustness.json", {
        "fits": fits, "fit": 2, "seed": 5, "reference": reference.tolist(), "shifted": shifted.tolist(),
        "before": before.tolist(),
        "estimates": [float(v) for v in statistics(np.array([reference.mean(), shifted.mean()]))],
        "ends": stratified(split_mix(5), [reference, shifted], statistics, 1000),
        "relative": [float((shifted - before).mean())] + np.percentile(gains, [2.5, 97.5]).tolist(),
    })


def wilson(count, n):
    """The shares whose score test does not reject the count: roots of (p - count / n)^2 = z^2 p (1 - p) / n."""
    z, share = 1.959963984540054, count / n
    return np.sort(np.roots([1 + z * z / n, -(2 * share + z * z / n), share * share]).real).tolist()


def bias(write, split_mix):
    own = np.random.default_rng(2)
    cases = []
    for sizes, rates in [((40, 45, 60), (0.5, 0.3, 0.4)), ((12, 9), (0.5, 0.15)), ((30, 31), (0.0, 0.2))]:
        hits = [(own.random(n) < r).astype(int) for n, r in zip(sizes, rates)]

        def statistics(m):
            with np.errstate(invalid="ignore"):
                return [m.max() - m.min(), np.divide(m.min(), m.max())]

        means = np.array([h.mean() for h in hits])
        ends = stratified(split_mix(3), hits, statistics, 400)
        upside = [None if v == 0 else 1 / v for v in reversed(ends[1])]
        cases.append({
            "hits": [h.tolist() for h in hits], "seed": 3, "resamples": 400, "shares": means.tolist(),
            "wilson": [wilson(int(h.sum()), len(h)) for h in hits],
            "difference": [float(means.max() - means.min())] + ends[0],
            "ratio": [None if means.min() == 0 else float(means.max() / means.min())] + upside,
        })
    write("bias.json", {"cases": cases})

