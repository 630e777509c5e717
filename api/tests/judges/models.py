"""Reads cases, a JSON array a line of model, name and body, and says what a model refuses."""

import importlib
import json
import sys

from pydantic import ValidationError


def model(name):
    """`schemas.shopping.checkout_resp:CheckoutResponse` → the class of that name."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module("ucp_sdk.models." + module), attribute)


cases = refused = 0
for line in sys.stdin:
    named, case, body = json.loads(line)
    cases += 1
    try:
        # Strict: a number in quotes is not a number.
        model(named).model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        refused += 1
        print(f"{case}: {error}")
print(f"{cases} cases, {refused} refused")
sys.exit(refused > 0)
