#!/usr/bin/env python3
"""usage: evaluation_fixtures.py FOLDER

Writes small inputs of the measures in Sources/Evaluation with what scikit-learn and NumPy make of them;
`EvaluationTests/Fixtures` is its output. Needs numpy and scikit-learn."""

import json
import pathlib
import sys
from fractions import Fraction

import evaluation_groups
import numpy as np
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(0)


def write(name, value):
    (folder / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


def direction(ranks, ties):
    return {
        "ranks": ranks,
        "ties": ties,
        "recalls": [float(np.mean(np.array(ranks) <= k)) for k in (1, 5, 10)],
        "median": float(np.median(ranks)),
        "mean": float(np.mean(ranks)),
    }


def retrieval():
    """Features are multiples of 1/8: inner products are exact, and some of them are equal."""
    images, texts, width = 12, 33, 20
    owner = np.concatenate([np.arange(11), rng.integers(0, 11, texts - 11)])
    rng.shuffle(owner)
    image = rng.integers(-4, 5, (images, width)) / 8
    text = (image[owner] * 8 + rng.integers(-9, 10, (texts, width))) / 8
    image[3] = image[4]
    scores = image @ text.T
    rows, tied_rows, columns, tied_columns = [], 0, [], 0
    for i in range(images):
        own = owner == i
        if own.any():
            best = scores[i, own].max()
            rows.append(int(1 + (scores[i, ~own] >= best).sum()))
            tied_rows += bool((scores[i, ~own] == best).any())
    for t in range(texts):
        others = np.delete(scores[:, t], owner[t])
        columns.append(int(1 + (others >= scores[owner[t], t]).sum()))
        tied_columns += bool((others == scores[owner[t], t]).any())
    write(
        "retrieval.json",
        {
            "width": width,
            "images": image.flatten().tolist(),
            "texts": text.flatten().tolist(),
            "owner": owner.tolist(),
            "imageToText": direction(rows, tied_rows),
            "textToImage": direction(columns, tied_columns),
            "imagesWithoutText": [i for i in range(images) if i not in owner],
        },
    )


def eleven_point(scores, labels):
    """VOC 2007: the mean over recalls 0, 0.1, …, 1 of the greatest precision at that recall or more."""
    points = []
    for threshold in np.unique(scores[labels >= 0]):
        retrieved = (scores >= threshold) & (labels >= 0)
        found = int(labels[retrieved].sum())
        points.append((Fraction(found, int((labels == 1).sum())), Fraction(found, int(retrieved.sum()))))
    best = [max((p for r, p in points if r >= Fraction(t, 10)), default=Fraction(0)) for t in range(11)]
    return float(sum(best) / 11)


def ranking():
    cases = []
    for count, digits, share, ignored in [(150, 2, 0.3, 0), (80, 1, 0.5, 0.1), (40, 3, 0.1, 0.2), (20, 0, 0.5, 0)]:
        labels = (rng.random(count) < share).astype(int)
        labels[:2] = [0, 1]
        scores = np.round(rng.normal(size=count) + labels, digits)
        labels[2:][rng.random(count - 2) < ignored] = -1
        kept = labels >= 0
        cases.append(
            {
                "scores": scores.tolist(),
                "labels": labels.tolist(),
                "allPoint": float(metrics.average_precision_score(labels[kept], scores[kept])),
                "elevenPoint": eleven_point(scores, labels),
                "areaUnderCurve": float(metrics.roc_auc_score(labels[kept], scores[kept])),
            }
        )
    examples, classes = 60, 5
    labels = rng.integers(-1, 2, (examples, classes))
    labels[:, 2] = np.minimum(labels[:, 2], 0)
    scores = np.round(rng.normal(size=(examples, classes)) + labels, 2)
    present = [c for c in range(classes) if (labels[:, c] == 1).any()]

    def mean(rule):
        return float(np.mean([rule(scores[:, c], labels[:, c]) for c in present]))

    def all_point(scores, labels):
        return metrics.average_precision_score(labels[labels >= 0], scores[labels >= 0])

    several = {
        "classes": classes,
        "scores": scores.flatten().tolist(),
        "labels": labels.flatten().tolist(),
        "absent": [c for c in range(classes) if c not in present],
        "allPoint": mean(all_point),
        "elevenPoint": mean(eleven_point),
    }
    write("ranking.json", {"cases": cases, "several": several})


def confusion():
    examples, classes = 150, 7
    labels = rng.choice([0, 1, 2, 3, 4, 6], examples)
    scores = np.round(rng.normal(size=(examples, classes)) + 1.5 * np.eye(classes)[labels], 3)
    for row, label in enumerate(labels):
        while len(set(scores[row])) < classes:
            scores[row] = np.round(rng.normal(size=classes) + 1.5 * np.eye(classes)[label], 3)
    predictions = scores.argmax(axis=1)
    every = np.arange(classes)
    write(
        "confusion.json",
        {
            "classes": classes,
            "scores": scores.flatten().tolist(),
            "labels": labels.tolist(),
            "counts": metrics.confusion_matrix(labels, predictions, labels=every).flatten().tolist(),
            "accuracy": float(metrics.accuracy_score(labels, predictions)),
            "perClass": float(metrics.recall_score(labels, predictions, labels=[0, 1, 2, 3, 4, 6], average="macro")),
            "absent": [5],
            "top": [float(metrics.top_k_accuracy_score(labels, scores, k=k, labels=every)) for k in range(1, classes)],
        },
    )


def split_mix(seed):
    state, mask = seed, 2**64 - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def bootstrap():
    examples, classes, resamples = 60, 6, 200
    labels = rng.choice([0, 1, 2, 2, 3, 3, 5], examples)
    values = np.round(rng.normal(size=examples), 3)

    def per_class(drawn):
        return np.mean([values[drawn][labels[drawn] == c].mean() for c in np.unique(labels[drawn])])

    def interval(measure, seed, confidence):
        numbers = split_mix(seed)
        draws = [np.array([(next(numbers) * examples) >> 64 for _ in range(examples)]) for _ in range(resamples)]
        tail = 50 * (1 - confidence)
        ends = np.percentile([measure(drawn) for drawn in draws], [tail, 100 - tail])
        return {
            "seed": seed,
            "confidence": confidence,
            "estimate": float(measure(np.arange(examples))),
            "ends": ends.tolist(),
        }

    settings = [(0, 0.95), (7, 0.9), (2**63 - 1, 0.5)]
    write(
        "bootstrap.json",
        {
            "classes": classes,
            "resamples": resamples,
            "values": values.tolist(),
            "labels": labels.tolist(),
            "mean": [interval(lambda drawn: values[drawn].mean(), *s) for s in settings],
            "meanPerClass": [interval(per_class, *s) for s in settings],
            "numbers": [f"{n:016x}" for n, _ in zip(split_mix(1234567), range(3))],
        },
    )


def calibration():
    examples, classes = 200, 4
    logits = rng.normal(size=(examples, classes)) * 2
    probabilities = np.round(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 4).astype(np.float32)
    # Confidences on an edge: 9/15 and 1.
    probabilities[0], probabilities[1] = [0.6, 0.4, 0, 0], [0, 0, 1, 0]
    labels = np.where(rng.random(examples) < 0.6, logits.argmax(axis=1), rng.integers(0, classes, examples))
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    edges = (np.arange(16) / 15).astype(np.float32)
    bins, error = [], 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        count = int(inside.sum())
        if count == 0:
            bins.append({"count": 0})
            continue
        mean, accuracy = float(confidence[inside].astype(np.float64).mean()), float(correct[inside].mean())
        bins.append({"count": count, "confidence": mean, "accuracy": accuracy})
        error += count / examples * abs(accuracy - mean)
    write(
        "calibration.json",
        {
            "classes": classes,
            "probabilities": [float(str(p)) for p in probabilities.flatten()],
            "labels": labels.tolist(),
            "bins": bins,
            "expectedError": error,
        },
    )


retrieval()
ranking()
confusion()
bootstrap()
calibration()


def probe(name, x, y, lam):
    x = x.astype(np.float32)
    fit = LogisticRegression(C=1 / lam, tol=1e-12, max_iter=100_000, solver="newton-cholesky").fit(x.astype(float), y)
    logits = x.astype(float) @ fit.coef_.T + fit.intercept_
    terms = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(y)), y]
    objective = (terms.sum() + lam / 2 * (fit.coef_**2).sum()) / len(y)
    return {
        "name": name, "width": x.shape[1], "lambda": lam, "features": [float(str(v)) for v in x.ravel()],
        "labels": [int(v) for v in y], "objective": float(objective), "predictions": [int(v) for v in fit.predict(x.astype(float))],
    }


centres = rng.normal(size=(4, 6))
labels = np.arange(96) % 4
blobs = np.round(centres[labels] + rng.normal(size=(96, 6)), 3)
apart = np.round(20 * centres[labels] + rng.normal(size=(96, 6)), 3)
write("probe.json", [
    probe("overlapping", blobs, labels, 1.0),
    probe("overlapping, weak penalty", blobs, labels, 0.01),
    probe("separable", apart, labels, 0.1),
    probe("ill-conditioned", blobs * np.array([0.01, 0.1, 1, 1, 10, 100]), labels, 0.1),
])

evaluation_groups.robustness(write, split_mix)
evaluation_groups.bias(write, split_mix)
