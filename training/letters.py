#!/usr/bin/env python3
"""Make src/engine/generic/letters.bin: how much likelier three letters are in words than at random.

    letters.py FOLDER [FOLDER ...] > src/engine/generic/letters.bin

The folders hold source of many authors: crates, Python's and Perl's libraries, packages of Node.  A word counts when three files or
more have it, with the root of their number.  A whole name counts, too, with a third of the weight.  The table has 27 x 27 x 27
signed bytes, of 26 letters and a boundary: 16 times ln P(third | first, second) + ln 26, smoothed by pairs.
"""
import collections
import math
import os
import re
import sys

ENDINGS = (".rs", ".py", ".pm", ".pl", ".js", ".ts", ".c", ".h", ".go", ".java", ".rb", ".md", ".toml", ".yml", ".yaml", ".json")
NAME = re.compile(rb"[A-Za-z]{2,40}")
PART = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
SMOOTH, EDGE = 8.0, 26


def files(folders):
    for folder in folders:
        for root, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith(ENDINGS):
                    yield os.path.join(root, name)


def main():
    counts = collections.Counter()
    for path in files(sys.argv[1:]):
        try:
            with open(path, "rb") as source:
                text = source.read(200_000)
        except OSError:
            continue
        names = set(NAME.findall(text))
        parts = {part.lower() for name in names for part in PART.findall(name)}
        for word in parts:
            counts[word, 1.0] += 1
        for word in {name.lower() for name in names} - parts:
            counts[word, 0.3] += 1
    triples = [[[0.0] * 27 for _ in range(27)] for _ in range(27)]
    for (word, share), number in counts.items():
        if number < 3 or len(word) < 2:
            continue
        weight = share * math.sqrt(number)
        first = second = EDGE
        for third in [byte - 97 for byte in word] + [EDGE]:
            triples[first][second][third] += weight
            first, second = second, third
    pairs = [[sum(triples[a][b][c] for a in range(27)) + 0.5 for c in range(27)] for b in range(27)]
    table = bytearray()
    for a in range(27):
        for b in range(27):
            total, of_pair = sum(triples[a][b]), sum(pairs[b])
            for c in range(27):
                likely = (triples[a][b][c] + SMOOTH * pairs[b][c] / of_pair) / (total + SMOOTH)
                table.append(max(-127, min(127, round(16 * (math.log(likely) + math.log(26))))) & 0xFF)
    sys.stdout.buffer.write(table)
    print(len(counts), "words", file=sys.stderr)


if __name__ == "__main__":
    main()
