"""Files of tests wait in a folder that the test can look into."""


def store_in(settings, name, folder):
    """`name`: of one of settings.STORAGES."""
    storage = {**settings.STORAGES[name]}
    storage["OPTIONS"] = {**storage["OPTIONS"], "location": folder}
    settings.STORAGES = {**settings.STORAGES, name: storage}
