"""Background jobs and processes, as the operator sees and steers them."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leads.background import queue, run_due_jobs
from leads.models import Job, JobState, JobStatus, Role, Worker
from tests.builders import make_user
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.background import examples

pytestmark = pytest.mark.django_db

JOBS = reverse("admin:leads_job_changelist")
WORKERS = reverse("admin:leads_worker_changelist")


@pytest.fixture
def operator(browse):
    return browse(make_user(is_superuser=True))


def page_of(job):
    return reverse("admin:leads_job_change", args=[job.pk])


def give_up_a_job():
    examples.fail_once_and_for_all.enqueue(4711)
    [job] = run_due_jobs()
    return job


def order(client, action, *jobs):
    data = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return client.post(JOBS, data, follow=True)


def test_only_the_operator_sees_them(browse, office):
    job = give_up_a_job()
    Worker.objects.create(name="a", machine="office", process_id=7)
    addresses = [JOBS, WORKERS, page_of(job)]

    client = browse(make_user(office.ours, role=Role.ADMINISTRATOR))

    assert {client.get(address).status_code for address in addresses} <= {403, 404}
    assert order(client, "run_selected_again", job).status_code == 403
    assert Job.objects.get().state == JobState.FAILED


def test_the_library_has_no_list_of_its_own():
    assert not admin.site.is_registered(DBTaskResult)


def test_a_list_says_what_became_of_each_job(operator):
    examples.fail.enqueue(1)
    run_due_jobs()
    give_up_a_job()
    examples.work.enqueue(2)

    shown = text_of(operator.get(JOBS))

    for words in ("Work that fails", "4711", "Waiting for another attempt", "1 of 3", "ValueError"):
        assert words in shown
    assert "Failed" in shown
    assert "as soon as possible" in shown
    assert "max@example.org" not in shown


@pytest.mark.parametrize("state", JobState.values)
def test_the_list_is_filtered_by_state(operator, state):
    jobs = {}
    for number, one in enumerate(JobState.values, start=7001):
        examples.work.enqueue(number)
        jobs[one] = Job.objects.get(args_kwargs__args=[number])
    change = {
        JobState.RUNNING: {"status": JobStatus.RUNNING},
        JobState.RETRYING: {"exception_class_path": "ValueError"},
        JobState.DONE: {"status": JobStatus.SUCCESSFUL},
        JobState.FAILED: {"status": JobStatus.FAILED, "exception_class_path": "ValueError"},
        JobState.CANCELLED: {"status": JobStatus.FAILED, "exception_class_path": Job.CANCELLED},
    }
    for one, values in change.items():
        Job.objects.filter(pk=jobs[one].pk).update(**values)

    shown = text_of(operator.get(JOBS, {"state": state}))

    listed = {one for one, job in jobs.items() if page_of(job) in shown}
    assert listed == {state}
    assert Job.objects.get(pk=jobs[state].pk).state == state


def test_the_page_of_a_job_tells_where_it_went_wrong(operator):
    shown = text_of(operator.get(page_of(give_up_a_job())))

    assert "examples.py" in shown
    assert "ValueError" in shown
    assert "max@example.org" not in shown


def test_a_given_up_job_is_run_again(operator):
    job = give_up_a_job()

    response = order(operator, "run_selected_again", job)

    assert messages_of(response) == ["1 job will run again."]
    history = reverse("admin:leads_job_history", args=[job.pk])
    assert "Run again" in text_of(operator.get(history))
    assert Job.objects.get().state == JobState.WAITING
    assert len(run_due_jobs()) == 1


def test_waiting_jobs_are_cancelled_and_running_ones_left(operator):
    examples.work.enqueue(1)
    running = queue.claim("somebody", now=timezone.now())
    examples.work.enqueue(2)

    response = order(operator, "cancel_selected", *Job.objects.all())

    assert messages_of(response) == [
        "1 job cancelled. 1 was left as it is, because it is running or over."
    ]
    assert run_due_jobs() == []
    running.refresh_from_db()
    assert running.state == JobState.RUNNING


def test_nobody_adds_changes_or_deletes_them(operator):
    job = give_up_a_job()
    worker = Worker.objects.create(name="a", machine="office", process_id=7)

    for model, row in (("job", job), ("worker", worker)):
        for what, arguments in (("add", []), ("change", [row.pk]), ("delete", [row.pk])):
            address = reverse(f"admin:leads_{model}_{what}", args=arguments)
            assert operator.post(address, {"post": "yes"}).status_code == 403


def test_processes_show_whether_they_live(operator):
    Worker.objects.create(name="a", machine="living", process_id=7)
    Worker.objects.create(
        name="b", machine="troubled", process_id=8, trouble="some.round: KeyError"
    )
    shown = text_of(operator.get(WORKERS))
    assert "Lost" not in shown
    assert "some.round: KeyError" in shown

    Worker.objects.filter(name="a").update(seen_at=timezone.now() - timedelta(minutes=5))

    assert "Lost for 5 min." in text_of(operator.get(WORKERS))


def test_the_lists_take_the_same_number_of_queries_for_any_number_of_rows(
    operator, django_assert_max_num_queries
):
    for number in range(20):
        examples.work.enqueue(number)
        Worker.objects.create(name=str(number), machine="office", process_id=number)

    for address in (JOBS, WORKERS):
        operator.get(address)
        with django_assert_max_num_queries(11):
            operator.get(address)
