"""The JSON Schema of the report, as it is published; `python -m backproof.reports.schema`."""

import sys

from backproof.reports.report import as_json, json_schema

DRAFT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def schema_text() -> str:
    """The schema of one report, generated from its types."""
    return as_json(DRAFT | json_schema()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
