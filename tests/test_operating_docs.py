"""docs/operating.md: what it shows can be copied."""

import re
import shutil
import subprocess

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.utils import timezone

from integrations.schedules import JOBS
from leads.background import crontab

TEXT = (settings.BASE_DIR / "docs" / "operating.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"^ *```{kind}\n(.*?)^ *```", TEXT, re.M | re.S)


def commands():
    """Every `manage.py …` that is shown, once."""
    shown = re.findall(r"manage\.py ([a-z_]+)((?: --[a-z-]+)*)", TEXT)
    manifests = [one for text in blocks("yaml") for one in yaml.safe_load_all(text)]
    for manifest in manifests:
        [container] = pod_of(manifest)["containers"]
        python, manage, name, *options = container["command"]
        assert (python, manage) == ("python", "manage.py")
        shown.append((name, "".join(f" {one}" for one in options)))
    return sorted(set(shown))


def pod_of(manifest):
    spec = manifest["spec"]
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec["template"]["spec"]


# They come with the queue on Redis, which is not what tests run with.
ON_REDIS = {"rqworker", "rqstats"}


@pytest.mark.parametrize(("name", "options"), commands())
def test_every_command_exists_with_its_options(name, options):
    if name in ON_REDIS:
        return
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(options.split())


def test_every_job_of_a_connection_is_shown_with_its_usual_line():
    for job in (job for jobs in JOBS.values() for job in jobs):
        assert f"| `{job.crontab}` | `manage.py {job.command}` |" in TEXT
        assert any(f"manage.py {job.command}\n" in block for block in blocks("crontab"))


def test_cron_lines_are_lines_of_cron():
    lines = [line for block in blocks("crontab") for line in block.splitlines()]
    assert len(lines) > 5
    for line in lines:
        *fields, command = line.split(" ", 5)
        crontab.check(" ".join(fields), now=timezone.now())
        assert command.startswith("cd /srv/leadoffice && .venv/bin/python manage.py ")


def test_kubernetes_gets_what_it_asks_for():
    manifests = [one for text in blocks("yaml") for one in yaml.safe_load_all(text)]
    jobs = [one for one in manifests if one["kind"] == "CronJob"]

    for one in manifests:
        assert one["apiVersion"] == {"CronJob": "batch/v1", "Deployment": "apps/v1"}[one["kind"]]
        assert pod_of(one)["containers"][0]["image"]
    for one in jobs:
        crontab.check(one["spec"]["schedule"], now=timezone.now())
        assert one["spec"]["timeZone"] == settings.TIME_ZONE
        assert pod_of(one)["restartPolicy"] == "Never"
    shown = {" ".join(pod_of(one)["containers"][0]["command"][2:]) for one in jobs}
    assert shown == {job.command for jobs in JOBS.values() for job in jobs}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_takes_the_units(tmp_path):
    units = []
    for block in blocks("ini"):
        name = block.splitlines()[0].removeprefix("# ")
        # Elsewhere the office lies there.
        text = block.replace("/srv/leadoffice", str(settings.BASE_DIR))
        (tmp_path / name).write_text(text, encoding="utf-8")
        units.append(name.replace("@.", "@1."))
    assert len(units) == 5

    said = subprocess.run(
        ["systemd-analyze", "verify", *units],
        cwd=tmp_path,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
    )

    ours = [line for line in said.stderr.splitlines() if "leadoffice" in line]
    assert (said.returncode, ours) == (0, [])
