"""How fast LeadOffice is, as ratios measured in one run; `make bench` runs them on a PostgreSQL of
their own. Each module is one benchmark: `python -m benchmarks.NAME [--quick]`."""
