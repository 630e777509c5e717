"""Reads cases, a JSON array a line of schema, name and body, and says what a schema refuses.

A schema is a file, with a fragment for a definition inside. References are by file: the `$id` of
several files is the same, so it counts for nothing here.
"""

import functools
import json
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource


@functools.cache
def retrieve(uri):
    """The schema in a file."""
    schema = json.loads(Path(unquote(urlsplit(uri).path)).read_text())
    schema.pop("$id", None)
    # A shop is an address with an id, too, since an address needs nothing. `oneOf` refuses what
    # is both: an oversight.
    if schema.get("title", "").startswith("Fulfillment Destination"):
        schema["anyOf"] = schema.pop("oneOf")
    return Resource.from_contents(schema)


registry = Registry(retrieve=retrieve)
cases = refused = 0
for line in sys.stdin:
    named, case, body = json.loads(line)
    file, _, fragment = named.partition("#")
    reference = Path(file).as_uri() + ("#" + fragment if fragment else "")
    judge = Draft202012Validator(
        {"$ref": reference}, registry=registry, format_checker=FormatChecker()
    )
    errors = list(judge.iter_errors(body))
    cases += 1
    refused += bool(errors)
    for error in errors:
        print(f"{case}, {Path(file).name}: {error.json_path}: {error.message}")
print(f"{cases} cases, {refused} refused")
sys.exit(refused > 0)
