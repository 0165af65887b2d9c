#!/usr/bin/env python3
"""Learn src/engine/generic/weights.txt from labelled source.

    train.py COLLECTION [--write FILE] [--folds N]

COLLECTION has data/ (files) and meta/*.csv (label rows: FilePath, LineStart, LineEnd, GroundTruth, ValueStart, ValueEnd, Category).
Candidates and their features come from `cargo run --example generic_candidates`, so that what is learnt is what is judged.

The model is a logistic regression.  It is tried by cross-validation over repositories, then learnt from all of them.

A collection that puts random values in the place of real ones teaches that secrets are letter salad.  So every value that a person
could have chosen is also learnt in two copies with words in its place (S1 from identifiers, S2 from usual passwords), and
every figure is printed for the values as they are and for S2.

Needs numpy, scipy and scikit-learn.
"""
import argparse
import bisect
import collections
import csv
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

HERE = os.path.dirname(os.path.abspath(__file__))
DUMP = ["cargo", "run", "--quiet", "--example", "generic_candidates", "--"]
CUTS = (0.5, 0.75, 0.92)
# The precision that the middle cut stands for.
PRECISION = 0.935
MAX_HUMAN = 20
USUAL = """password passwd pass secret admin root test guest user login welcome monkey dragon master shadow sunshine princess football
baseball letmein qwerty trustno iloveyou hello freedom whatever michael jordan superman batman ninja mustang access flower hottie
loveme starwars summer winter spring autumn server oracle mysql postgres redis rabbit mongo docker kube jenkins deploy backup service
system manager demo sample simple super power magic happy lucky secure private public local global default change foobar foo bar baz
alice bob carol dave eve john jane joe mary peter paul data base web app api dev prod stage live cloud node java python ruby rust go
my the one two three four five six seven eight nine zero red blue green black white tiger lion eagle wolf bear fish bird cat dog""".split()


def rows_of(collection):
    rows = collections.defaultdict(list)
    for meta in sorted(glob.glob(os.path.join(collection, "meta", "*.csv"))):
        with open(meta, newline="", encoding="utf-8") as file:
            for record in csv.DictReader(file):
                rows[record["FilePath"]].append(record)
    return rows


class File:
    """A labelled file: its lines as bytes, and the byte spans of its labelled values."""

    def __init__(self, collection, path, records):
        with open(os.path.join(collection, path), "rb") as file:
            self.bytes = file.read()
        self.starts = [0]
        self.starts += [match.end() for match in re.finditer(b"\n", self.bytes)]
        self.truth = {}
        self.values = []
        for record in records:
            first, last = int(record["LineStart"]), int(record["LineEnd"])
            truth = record["GroundTruth"]
            if record["Category"] == "UUID":
                truth = "X"
            for line in range(first, first + 1):
                if self.truth.get(line) != "T":
                    self.truth[line] = "T" if truth == "T" else truth if self.truth.get(line) in (None, truth) else "X"
            begin, end = int(record["ValueStart"] or -1), int(record["ValueEnd"] or -1)
            if truth == "T" and first == last and 0 <= begin < end:
                text = self.line(first).decode("utf-8", "replace")
                start = self.starts[first - 1] + len(text[:begin].encode())
                self.values.append((start, start + len(text[begin:end].encode())))

    def line(self, number):
        return self.bytes[self.starts[number - 1]:(self.starts + [len(self.bytes) + 1])[number] - 1]

    def line_of(self, offset):
        return bisect.bisect_right(self.starts, offset)


def is_human(value):
    """Whether a person could have chosen the value that this one stands for."""
    text = value.decode("ascii", "replace")
    changes = len(re.findall(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])", text))
    salad = len(text) >= 12 and len(re.findall(r"[a-z][A-Z]", text)) > 3
    return len(text) <= MAX_HUMAN and not re.fullmatch(r"[0-9a-fA-F]{8,}", text) and changes <= 2 and bool(re.search(r"[A-Za-z]{3}", text)) and not salad


def humanised(value, words, chance):
    """The value with words of the same length and case in the place of its letters."""
    def word(match):
        run = match.group()
        text = ""
        while len(text) < len(run):
            need = len(run) - len(text)
            fits = words.get(need) if chance.random() < 0.6 else None
            text += chance.choice(fits or words[min(need, chance.choice((3, 4, 5, 6)))])[:need]
        if run.isupper():
            return text.upper()
        return text.capitalize() if run[0].isupper() else text
    return re.sub(r"[A-Za-z]+", word, value.decode("ascii", "replace")).encode()


def by_length(words):
    table = collections.defaultdict(list)
    for word in sorted(words):
        table[len(word)].append(word)
    for length in range(1, 7):
        table[length] = table[length] or [word[:length] for word in sorted(words) if len(word) >= length]
    return table


def identifiers(files):
    counts = collections.Counter()
    for file in files.values():
        counts.update({word.lower() for word in re.findall(r"[A-Z]?[a-z]{2,12}", file.bytes.decode("utf-8", "replace"))})
    return [word for word, number in counts.items() if number >= 5]


def copies(files, words, seed, folder):
    """Writes the files with human values in place, and returns those that changed."""
    chance, changed = random.Random(seed), []
    for path, file in files.items():
        text = bytearray(file.bytes)
        for start, end in file.values:
            value = file.bytes[start:end]
            if is_human(value):
                text[start:end] = humanised(value, words, chance)[:end - start].ljust(end - start, b"e")
        if text != file.bytes:
            target = os.path.join(folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as out:
                out.write(text)
            changed.append(path)
    return changed


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
        example.weight = weight * (0.5 if example.kind == "none" else 1)


def fit(features, labels, weights):
    model = LogisticRegression(C=0.3, max_iter=3000)
    model.fit(features, labels, sample_weight=weights * len(weights) / weights.sum())
    return model


def report(files, list_of, scores, title):
    """Figures by line, as the collection is judged."""
    lines = collections.defaultdict(float)
    for example, score in zip(list_of, scores):
        key = example.path, example.line
        lines[key] = max(lines[key], score)
    true = {(path, line) for path, file in files.items() for line, truth in file.truth.items() if truth == "T"}
    false = {(path, line) for path, file in files.items() for line, truth in file.truth.items() if truth == "F"}
    known = {(path, line) for path, file in files.items() for line in file.truth}
    total = sum(len(file.starts) for file in files.values())
    for cut in CUTS:
        hits = {key for key, score in lines.items() if score >= cut}
        t, f, noise = len(hits & true), len(hits & false), len(hits - known)
        print("%-9s cut %.2f: recall %5.1f %%  precision %5.1f %%  F rate %4.2f %%  noise %5.1f a million lines" % (
            title, cut, 100 * t / len(true), 100 * t / max(1, t + f), 100 * f / len(false), 1e6 * noise / total))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection")
    parser.add_argument("--write")
    parser.add_argument("--folds", type=int, default=5)
    arguments = parser.parse_args()
    groups = [line.split("\t") for line in subprocess.run(DUMP + ["--groups"], capture_output=True, text=True, check=True, cwd=HERE).stdout.splitlines()]
    groups = [(name, int(steps), ordered == "1") for name, steps, ordered in groups]
    files = {path: File(arguments.collection, path, records) for path, records in sorted(rows_of(arguments.collection).items())}
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
    scores = np.zeros(len(everything))
    for train, test in GroupKFold(arguments.folds).split(features, labels, repositories):
        train = train[used[train]]
        scores[test] = fit(features[train], labels[train], weights[train]).predict_proba(features[test])[:, 1]
    shift = shift_of(files, plain, scores[:len(plain)])
    scores = 1 / (1 + np.exp(-(np.log(scores / (1 - scores)) + shift)))
    report(files, plain, scores[:len(plain)], "as is")
    human = {(example.path, example.value): score for example, score in zip(everything, scores) if example.copy == 2}
    swapped = [human.get((example.path, example.value), score) if example.human else score for example, score in zip(plain, scores)]
    report(files, plain, swapped, "human")
    if arguments.write:
        model = fit(features[used], labels[used], weights[used])
        write(arguments.write, model, groups, shift)


def shift_of(files, list_of, scores):
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
