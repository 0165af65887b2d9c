"""Labelled source in the form of CredData, and copies of it with values that a person could have chosen.

A collection has data/ (files) and meta/*.csv (label rows: FilePath, LineStart, LineEnd, GroundTruth, ValueStart, ValueEnd, Category).
Labels are T (a secret), F (none) and X (undecided).  Needs nothing but Python.
"""
import bisect
import collections
import csv
import glob
import os
import random
import re

# Longer values are made by machines.
MAX_HUMAN = 20
USUAL = """password passwd pass secret admin root test guest user login welcome monkey dragon master shadow sunshine princess football
baseball letmein qwerty trustno iloveyou hello freedom whatever michael jordan superman batman ninja mustang access flower hottie
loveme starwars summer winter spring autumn server oracle mysql postgres redis rabbit mongo docker kube jenkins deploy backup service
system manager demo sample simple super power magic happy lucky secure private public local global default change foobar foo bar baz
alice bob carol dave eve john jane joe mary peter paul data base web app api dev prod stage live cloud node java python ruby rust go
my the one two three four five six seven eight nine zero red blue green black white tiger lion eagle wolf bear fish bird cat dog""".split()


def rows_of(collection):
    """The label rows by path."""
    rows = collections.defaultdict(list)
    for meta in sorted(glob.glob(os.path.join(collection, "meta", "*.csv"))):
        with open(meta, newline="", encoding="utf-8") as file:
            for record in csv.DictReader(file):
                rows[record["FilePath"]].append(record)
    return rows


def files_of(collection):
    """The labelled files by path, in order."""
    return {path: File(collection, path, records) for path, records in sorted(rows_of(collection).items())}


class File:
    """A labelled file: its lines as bytes, and the byte spans of its labelled values."""

    def __init__(self, collection, path, records):
        with open(os.path.join(collection, path), "rb") as file:
            self.bytes = file.read()
        self.starts = [0]
        self.starts += [match.end() for match in re.finditer(b"\n", self.bytes)]
        self.truth = {}
        self.values = []
        self.categories = collections.defaultdict(set)
        for record in records:
            first, last = int(record["LineStart"]), int(record["LineEnd"])
            truth = record["GroundTruth"]
            if record["Category"] == "UUID":
                # Ids of interfaces and clients, no secrets.
                truth = "X"
            if self.truth.get(first) != "T":
                self.truth[first] = "T" if truth == "T" else truth if self.truth.get(first) in (None, truth) else "X"
            self.categories[first].update(record["Category"].split(":"))
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
