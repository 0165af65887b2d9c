#!/usr/bin/env python3
"""What tightlip finds in labelled source, and how much it says about ordinary source.

    report.py collection COLLECTION --bin TIGHTLIP     recall, precision, F rate and noise by category and rule, for the
                                                       values as they are and for human-like ones
    report.py noise FOLDER... --bin TIGHTLIP           findings in a million lines, by rule and folder

COLLECTION has the form that training/README.md describes.  The judge has learnt from such a collection, so its figures there
flatter; those of training/train.py are by cross-validation.  Counts and names of rules are printed, never a finding.

Needs nothing but Python and the binary.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "training"))
sys.dont_write_bytecode = True

from collection import USUAL, by_length, copies, files_of  # noqa: E402


def findings(binary, folder, path):
    """The findings of one run: (path, first line, last line, rule)."""
    # Paths have to be whole: a mask hides a folder that is named like a secret.
    command = [os.path.abspath(binary), "scan", path, "--no-ignore", "--format", "jsonl", "--reveal"]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    summary, found = None, []
    for line in done.stdout.decode("utf-8", "replace").split("\n"):
        record = json.loads(line) if line.strip() else {}
        if record.get("type") == "finding":
            found.append((record["path"], record["line"], record.get("end_line", record["line"]), record["rule"]))
        elif record.get("type") == "summary":
            summary = record
    if summary is None:
        sys.exit("report.py: cannot scan `%s`: exit status %d, and no summary" % (os.path.join(folder, path), done.returncode))
    if done.returncode not in (0, 1):
        print("note: not everything in `%s` could be read" % os.path.join(folder, path), file=sys.stderr)
    return found


def judged(files, found):
    """Per rule and per line, what the findings hit: T, F, X or nothing."""
    rules, lines = collections.defaultdict(collections.Counter), {}
    for path, first, last, rule in found:
        truth = files[path].truth if path in files else {}
        hit = {truth[line]: line for line in range(first, last + 1) if line in truth}
        kind = next((kind for kind in "TFX" if kind in hit), "noise")
        rules[rule][kind] += 1
        for line in range(first, last + 1) if kind != "noise" else [first]:
            if truth.get(line, "noise") == kind:
                lines[path, line] = kind
    return rules, lines


def percent(part, whole):
    return "%.1f" % (100 * part / whole) if whole else "-"


def print_categories(files, lines):
    rows = collections.defaultdict(collections.Counter)
    for path, file in files.items():
        for line, truth in file.truth.items():
            for category in file.categories[line] | {"all"}:
                rows[category][truth] += 1
                if lines.get((path, line)) == truth:
                    rows[category][truth + " hit"] += 1
    total = sum(len(file.starts) for file in files.values())
    noise = sum(kind == "noise" for kind in lines.values())
    print("%d files, %d lines; lines reported without a label: %d, %.1f in a million\n" % (len(files), total, noise, 1e6 * noise / total))
    print("| category | T | found | recall | F | reported | F rate | precision |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    for category, count in sorted(rows.items(), key=lambda row: (-row[1]["T"], row[0])):
        true, false = count["T hit"], count["F hit"]
        if count["T"] or false:
            print("| %s | %d | %d | %s | %d | %d | %s | %s |" % (
                category, count["T"], true, percent(true, count["T"]), count["F"], false, percent(false, count["F"]), percent(true, true + false)))


def print_rules(rules):
    print("\n| rule | T | F | X | no label |\n|---|---:|---:|---:|---:|")
    for rule, count in sorted(rules.items(), key=lambda row: (-sum(row[1].values()), row[0])):
        print("| %s | %d | %d | %d | %d |" % (rule, count["T"], count["F"], count["X"], count["noise"]))


def report_collection(folder, binary):
    files = files_of(folder)
    rules, lines = judged(files, findings(binary, folder, "data"))
    print("## Values as they are\n")
    print_categories(files, lines)
    print_rules(rules)
    with tempfile.TemporaryDirectory() as human:
        changed = set(copies(files, by_length(USUAL), 2, human))
        swapped = {key: kind for key, kind in lines.items() if key[0] not in changed}
        swapped.update(judged(files, findings(binary, human, "data"))[1])
    print("\n## Human-like values\n")
    print_categories(files, swapped)


def count_lines(folder):
    """The lines of all files that are no binary ones."""
    total = 0
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = os.path.join(base, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    text = file.read()
                total += 0 if b"\0" in text[:8192] else text.count(b"\n")
    return total


def report_noise(folders, binary):
    per_rule, total_lines, total = collections.Counter(), 0, 0
    print("| folder | lines | findings | in a million lines | by generic rules |\n|---|---:|---:|---:|---:|")
    for folder in folders:
        lines, found = count_lines(folder), findings(binary, folder, ".")
        rules = collections.Counter(rule for *_, rule in found)
        generic = sum(count for rule, count in rules.items() if rule.startswith("generic-"))
        print("| %s | %d | %d | %.1f | %d |" % (os.path.basename(os.path.abspath(folder)), lines, len(found), 1e6 * len(found) / max(1, lines), generic))
        per_rule.update(rules)
        total_lines, total = total_lines + lines, total + len(found)
    print("| all | %d | %d | %.1f | |" % (total_lines, total, 1e6 * total / max(1, total_lines)))
    print("\n| rule | findings | in a million lines |\n|---|---:|---:|")
    for rule, count in sorted(per_rule.items(), key=lambda row: (-row[1], row[0])):
        print("| %s | %d | %.1f |" % (rule, count, 1e6 * count / max(1, total_lines)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, argument, number in (("collection", "collection", None), ("noise", "folders", "+")):
        command = commands.add_parser(name)
        command.add_argument(argument, nargs=number)
        command.add_argument("--bin", required=True, metavar="TIGHTLIP")
    arguments = parser.parse_args()
    if arguments.command == "collection":
        report_collection(arguments.collection, arguments.bin)
    else:
        report_noise(arguments.folders, arguments.bin)


if __name__ == "__main__":
    main()
