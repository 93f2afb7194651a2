"""The yardstick: a bare Django REST framework project with the same fields and nothing else."""
