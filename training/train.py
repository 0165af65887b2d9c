#!/usr/bin/env python3
"""Learn src/engine/generic/weights.txt from labelled source.

    train.py COLLECTION [--write FILE] [--with REPORT] [--show KIND]

COLLECTION has data/ (files) and meta/*.csv (label rows: FilePath, LineStart, LineEnd, GroundTruth, ValueStart, ValueEnd, Category).
Candidates and their features come from `cargo run --example generic_candidates`, so that what is learnt is what is judged.

--with counts what the other rules find, too, from a report that was made in COLLECTION by
`tightlip scan data --no-ignore --reveal --format jsonl`.  --show prints lines of one kind with their scores by
cross-validation: `noise` (reported without a label), `false` (reported, labelled as none) or `missed`.

The model is a logistic regression.  It is tried by cross-validation over repositories, then learnt from all of them.  One folding
moves the figures by two points, so every figure is the mean of nine, and the cut, too.

A collection that puts random values in the place of real ones teaches that secrets are letter salad.  So every value that a person
could have chosen is also learnt in two copies with words in its place (S1 from identifiers, S2 from usual passwords), and
every figure is printed for the values as they are and for S2.

Needs numpy, scipy and scikit-learn.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from collection import USUAL, by_length, copies, files_of, identifiers, is_human

HERE = os.path.dirname(os.path.abspath(__file__))
DUMP = ["cargo", "run", "--quiet", "--example", "generic_candidates", "--"]
CUTS = (0.5, 0.75, 0.92)
# Words that guard nothing are of low confidence at most, whatever their score: `confidence_at` of the judge.
MAX_WEAK = 0.7
# The precision that the middle cut stands for.
PRECISION = 0.935
# In how many folds and with what seed the repositories are parted.
FOLDINGS = [(folds, seed) for folds in (5, 8, 10) for seed in (1, 2, 3)]


def dump(folder, paths):
    names = "".join(os.path.join(folder, path) + "\n" for path in paths)
    done = subprocess.run(DUMP, input=names, capture_output=True, text=True, check=True, cwd=HERE)
    for line in done.stdout.splitlines():
        path, *numbers, _, steps = line.split("\t")
        yield os.path.relpath(path, folder), [int(number) for number in numbers], [int(step) for step in steps.split()]


def columns(groups):
    """For each group, its first column; and for each step the columns that are set."""
    first, table, at = [], [], 0
    for _, steps, is_ordered in groups:
        first.append(at)
        table.append([list(range(at, at + step)) if is_ordered else [at + step] for step in range(steps)])
        at += steps
    return table, at


def matrix(steps, groups):
    table, width = columns(groups)
    indices, pointers = [], [0]
    for row in steps:
        for group, step in zip(table, row):
            indices += group[step]
        pointers.append(len(indices))
    return sparse.csr_matrix((np.ones(len(indices), np.float32), indices, pointers), shape=(len(steps), width))


class Example:
    def __init__(self, path, value, line, kind, steps, human, copy):
        self.path, self.value, self.line, self.kind, self.steps = path, value, line, kind, steps
        self.human, self.copy, self.weight = human, copy, 0.0


def examples(files, folder, paths, copy):
    found = []
    for path, (_, _, start, end), steps in dump(folder, paths):
        file = files[path]
        line = file.line_of(start)
        truth = file.truth.get(line)
        hit = [value for value in file.values if value[0] < end and start < value[1]]
        kind = "T" if hit else {"T": "left", "X": "X", "F": "F", None: "none"}[truth]
        human = bool(hit) and is_human(file.bytes[hit[0][0]:hit[0][1]])
        if copy and not human:
            continue
        found.append(Example(path, hit[0] if hit else (start, end), line, kind, steps, human, copy))
    return found


def weigh(all_examples):
    repository = lambda example: example.path.split("/")[1]
    rows = collections.Counter((repository(example), example.kind) for example in all_examples if not example.copy)
    shares = collections.Counter((example.path, example.value) for example in all_examples if example.kind == "T")
    for example in all_examples:
        weight = 1 / max(1, rows[repository(example), example.kind]) ** 0.5
        if example.kind == "T":
            weight /= shares[example.path, example.value]
        example.weight = weight


def fit(features, labels, weights):
    model = LogisticRegression(C=0.1, max_iter=3000)
    model.fit(features, labels, sample_weight=weights * len(weights) / weights.sum())
    return model


def parted(repositories, folds, seed):
    """Pairs of examples to learn from and to try on, no repository in both."""
    names = sorted(set(repositories))
    random.Random(seed).shuffle(names)
    fold_of = {name: at % folds for at, name in enumerate(names)}
    fold = np.array([fold_of[name] for name in repositories])
    return [(np.where(fold != own)[0], np.where(fold == own)[0]) for own in range(folds)]


def tried(features, labels, weights, repositories, used, folding):
    """The sums of the model for each example, learnt without its repository."""
    scores = np.zeros(len(labels))
    for train, test in parted(repositories, *folding):
        train = train[used[train]]
        scores[test] = fit(features[train], labels[train], weights[train]).predict_proba(features[test])[:, 1]
    return np.log(scores / (1 - scores))


def probability(sums):
    return 1 / (1 + np.exp(-sums))


def reported_by(path):
    """The lines of findings of other rules than the generic ones."""
    lines = set()
    with open(path, encoding="utf-8") as report_file:
        for line in report_file:
            record = json.loads(line)
            if record.get("type") == "finding" and not record["rule"].startswith("generic-"):
                lines.add((record["path"], record["line"]))
    return lines


def by_line(list_of, scores, others):
    """The best score of each line; lines of other rules have 1."""
    lines = collections.defaultdict(float, dict.fromkeys(others, 1.0))
    for example, score in zip(list_of, scores):
        key = example.path, example.line
        lines[key] = max(lines[key], score)
    return lines


def show(kind, files, lines):
    """Prints the lines of one kind, those of the highest score first."""
    def is_shown(path, number, score):
        truth = files[path].truth.get(number)
        return {"noise": truth is None, "false": truth == "F", "missed": False}[kind] and score >= CUTS[1]
    chosen = [(score, path, number) for (path, number), score in lines.items() if is_shown(path, number, score)]
    if kind == "missed":
        true = {(path, line) for path, file in files.items() for line, truth in file.truth.items() if truth == "T"}
        chosen = [(lines.get(key, 0.0), *key) for key in true if lines.get(key, 0.0) < CUTS[1]]
    for score, path, number in sorted(chosen, reverse=True):
        print("%.2f %s:%d  %s" % (score, path, number, files[path].line(number).decode("utf-8", "replace").strip()[:200]))


def figures(files, lines):
    """Recall, precision, F rate and noise of each cut, by line, as the collection is judged."""
    true = {(path, line) for path, file in files.items() for line, truth in file.truth.items() if truth == "T"}
    false = {(path, line) for path, file in files.items() for line, truth in file.truth.items() if truth == "F"}
    known = {(path, line) for path, file in files.items() for line in file.truth}
    total = sum(len(file.starts) for file in files.values())
    rows = []
    for cut in CUTS:
        hits = {key for key, score in lines.items() if score >= cut}
        t, f, noise = len(hits & true), len(hits & false), len(hits - known)
        rows.append((100 * t / len(true), 100 * t / max(1, t + f), 100 * f / len(false), 1e6 * noise / total))
    return rows


def report(title, tables):
    """Prints the means over all foldings, and the range of recall and precision."""
    tables = np.array(tables)
    for cut, mean, low, high in zip(CUTS, tables.mean(0), tables.min(0), tables.max(0)):
        print("%-14s cut %.2f: recall %5.1f %% (%.1f to %.1f)  precision %5.1f %% (%.1f to %.1f)  F rate %4.2f %%  noise %5.1f a million lines" % (
            title, cut, mean[0], low[0], high[0], mean[1], low[1], high[1], mean[2], mean[3]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection")
    parser.add_argument("--write")
    parser.add_argument("--with", dest="others", metavar="REPORT")
    parser.add_argument("--show", choices=("noise", "false", "missed"))
    arguments = parser.parse_args()
    groups = [line.split("\t") for line in subprocess.run(DUMP + ["--groups"], capture_output=True, text=True, check=True, cwd=HERE).stdout.splitlines()]
    groups = [(name, int(steps), ordered == "1") for name, steps, ordered in groups]
    files = files_of(arguments.collection)
    plain = examples(files, arguments.collection, files, 0)
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        s1 = examples(files, first, copies(files, by_length(identifiers(files)), 1, first), 1)
        s2 = examples(files, second, copies(files, by_length(USUAL), 2, second), 2)
    everything = plain + s1 + s2
    weigh(everything)
    used = np.array([example.kind in ("T", "F", "none") for example in everything])
    features = matrix([example.steps for example in everything], groups)
    labels = np.array([example.kind == "T" for example in everything])
    weights = np.array([example.weight for example in everything])
    repositories = np.array([example.path.split("/")[1] for example in everything])
    print("%d candidates, %d of secrets, %d copies" % (len(plain), sum(example.kind == "T" for example in plain), len(s1) + len(s2)))
    sums = [tried(features, labels, weights, repositories, used, folding) for folding in FOLDINGS]
    shift = np.mean([shift_of(plain, probability(own[:len(plain)])) for own in sums])
    weak = [name for name, _, _ in groups].index("weak-word")
    limit = np.array([MAX_WEAK if example.steps[weak] else 1 for example in everything])
    titles = {"": set()} | ({" + rules": reported_by(arguments.others)} if arguments.others else {})
    tables = collections.defaultdict(list)
    for own in sums:
        scores = np.minimum(probability(own + shift), limit)
        human = {(example.path, example.value): score for example, score in zip(everything, scores) if example.copy == 2}
        swapped = [human.get((example.path, example.value), score) if example.human else score for example, score in zip(plain, scores)]
        for title, others in titles.items():
            tables["as is" + title].append(figures(files, by_line(plain, scores[:len(plain)], others)))
            tables["human" + title].append(figures(files, by_line(plain, swapped, others)))
    for title, table in tables.items():
        report(title, table)
    if arguments.show:
        scores = np.minimum(probability(np.mean(sums, 0) + shift), limit)
        show(arguments.show, files, by_line(plain, scores[:len(plain)], titles.popitem()[1]))
    if arguments.write:
        model = fit(features[used], labels[used], weights[used])
        write(arguments.write, model, groups, shift)


def shift_of(list_of, scores):
    """What has to be added to the sum, so that values above the middle cut have PRECISION."""
    best, true, false = {}, 0, 0
    for example, score in zip(list_of, scores):
        if example.kind in ("T", "F"):
            key = example.path, example.line
            best[key] = max(best.get(key, (0, ""))[0], score), example.kind
    middle = 0.5
    for score, kind in sorted(best.values(), reverse=True):
        true, false = true + (kind == "T"), false + (kind == "F")
        if true > 50 and true / (true + false) >= PRECISION:
            middle = score
    return np.log(CUTS[1] / (1 - CUTS[1])) - np.log(middle / (1 - middle))


def write(target, model, groups, shift):
    table, _ = columns(groups)
    coefficients = 100 * model.coef_[0]
    with open(target, "w", encoding="ascii") as out:
        out.write("bias %d\n" % round(100 * (model.intercept_[0] + shift)))
        for (name, _, _), steps in zip(groups, table):
            numbers = " ".join("%d" % round(sum(coefficients[column] for column in step)) for step in steps)
            out.write("%s %s\n" % (name, numbers))


if __name__ == "__main__":
    main()
