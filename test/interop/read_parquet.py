"""Prints the schema and the rows of Parquet files as another engine than the workspace's own reads them."""

import json
import sys

import pyarrow.parquet

tables = {}
for path in sys.argv[1:]:
    table = pyarrow.parquet.read_table(path)
    tables[path] = {
        "schema": [[field.name, str(field.type)] for field in table.schema],
        "rows": table.num_rows,
        "first": json.loads(json.dumps(table.slice(0, 1).to_pylist(), default=str)),
    }
print(json.dumps(tables))
