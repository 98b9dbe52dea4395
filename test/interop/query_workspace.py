"""Asks a workspace over Thrift with Databricks' own connector, and prints what came back as JSON."""

import datetime
import decimal
import json
import os
import threading
import time

from databricks import sql
from databricks.sql.exc import Error

SPANS = os.environ["SPANS_TABLE"]

EVERY_TYPE = """
SELECT 9223372036854775807L AS big, 1Y AS tiny, 12345678901234567.89 AS exact, DATE'2024-02-29' AS day,
       TIMESTAMP'2024-02-29 10:00:00.123456' AS time, true AS yes, CAST(NULL AS STRING) AS missing, 'ä €' AS text,
       2.5D AS double, array(1, 2) AS list, map('k', 1) AS map, named_struct('x', 1, 'y', 'z') AS struct,
       parse_json('{"z": 1, "a": [true]}') AS variant"""

ENDLESS = "SELECT count(*) FROM range(100000000000) WHERE id % 7 = 3"


def connect(**options):
    settings = {
        "server_hostname": os.environ["SERVER_HOST"],
        "_port": int(os.environ["SERVER_PORT"]),
        "http_path": "/sql/1.0/warehouses/local",
        "access_token": os.environ["DATABRICKS_TOKEN"],
        "_tls_trusted_ca_file": os.environ["CERTIFICATE_FILE"],
        "enable_telemetry": False,
        "_retry_stop_after_attempts_count": 1,
    }
    return sql.connect(**{**settings, **options})


def plain(value):
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return f"decimal {value}"
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return dict(value)
    return value.tolist() if hasattr(value, "tolist") else value


def rows(cursor):
    return [[plain(cell) for cell in row] for row in cursor.fetchall()]


def failure(work):
    try:
        work()
    except Error as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def large(cursor):
    cursor.execute("SELECT id, repeat('x', 200) AS filler FROM range(100000)")
    fetched = [cursor.fetchmany(30_000)]
    while fetched[-1]:
        fetched.append(cursor.fetchmany(30_000))
    ids = [row.id for part in fetched for row in part]
    return {"rows": len(ids), "sum": sum(ids), "fetches": len(fetched) - 1}


def canceled(cursor):
    started = time.monotonic()
    timer = threading.Timer(3, cursor.cancel)
    timer.start()
    return {"failure": failure(lambda: cursor.execute(ENDLESS)), "seconds": time.monotonic() - started}


def parameters(cursor):
    named = {
        "text": "it's",
        "number": 2**40,
        "exact": decimal.Decimal("1.25"),
        "day": datetime.date(2024, 1, 2),
        "time": datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc),
        "none": None,
    }
    cursor.execute("SELECT :text, :number, :exact, :day, :time, :none", named)
    by_name = rows(cursor)
    cursor.execute("SELECT ?, ? WHERE ? > DATE'2024-01-01'", ["x", 1.5, datetime.date(2024, 1, 2)])
    return {"byName": by_name, "byPosition": rows(cursor)}


def listings(cursor):
    catalog, schema, table = SPANS.split(".")
    found = {}
    cursor.catalogs()
    found["catalogs"] = [row.TABLE_CAT for row in cursor.fetchall()]
    cursor.schemas(catalog_name=catalog)
    found["schemas"] = [row.TABLE_SCHEM for row in cursor.fetchall()]
    cursor.tables(catalog_name=catalog, schema_name=schema, table_name="%spans")
    found["tables"] = [[row.TABLE_NAME, row.TABLE_TYPE] for row in cursor.fetchall()]
    cursor.columns(catalog_name=catalog, schema_name=schema, table_name=table, column_name="start%")
    found["columns"] = [[row.COLUMN_NAME, row.TYPE_NAME] for row in cursor.fetchall()]
    return found


def as_text():
    with connect(_use_arrow_native_complex_types=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT array(1, 2), map('k', 1.5), named_struct('x', 1)")
        return rows(cursor)


def later(cursor):
    cursor.execute_async("SELECT 42 AS answer")
    cursor.get_async_execution_result()
    return rows(cursor)


def main():
    report = {}
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(EVERY_TYPE)
        report["types"] = [column[1] for column in cursor.description]
        report["row"] = dict(zip([column[0] for column in cursor.description], rows(cursor)[0]))
        cursor.execute(f"SELECT name, start_time_unix_nano FROM {SPANS}")
        report["spans"] = rows(cursor)
        report["large"] = large(cursor)
        report["parameters"] = parameters(cursor)
        report["listings"] = listings(cursor)
        report["missing"] = failure(lambda: cursor.execute("SELECT * FROM nothing"))
        report["division"] = failure(lambda: cursor.execute("SELECT 1 / 0"))
        report["canceled"] = canceled(cursor)
        report["later"] = later(cursor)
    report["asText"] = as_text()
    report["wrongToken"] = failure(lambda: connect(access_token="wrong"))
    report["wrongCatalog"] = failure(lambda: connect(catalog="nowhere"))
    print(json.dumps(report))


main()
