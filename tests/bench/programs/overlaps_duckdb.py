"""Tasks with overlapping executions; see overlaps.awk. The lines of one file have one clock: times give their order.

python overlaps_duckdb.py FOLDER
"""

import sys

import duckdb

QUERY = """
WITH lines AS (
    SELECT string_split(line, '","') AS field
    FROM read_csv($1, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false)
),
steps AS (
    SELECT substr(field[1], 3, strpos(field[1], '/') - 3) AS task, substr(field[1], strpos(field[1], '/'), 33) AS step,
        min(field[3]) AS begins, max(field[3]) AS ends, any_value(field[4]) FILTER (field[2] = 'PLN') AS name
    FROM lines WHERE contains(field[1], '/') GROUP BY ALL
),
planned AS (
    SELECT *, row_number() OVER (PARTITION BY task, name ORDER BY begins) AS execution
    FROM steps WHERE name IS NOT NULL
)
SELECT task FROM planned GROUP BY task
HAVING min(begins) FILTER (execution > 1) <= max(ends) FILTER (execution = 1)
"""
for (task,) in duckdb.execute(QUERY, [f"{sys.argv[1]}/**/*.txt"]).fetchall():
    print(task)
