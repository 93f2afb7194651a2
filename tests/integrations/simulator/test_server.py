"""The simulator keeps the contract; what the client's tests do not touch is asked here."""

import requests

LEADS = "/bdk/crm/v1/partners/0012345/leads"


def signed_in(partner, **form):
    form = {
        "grant_type": "client_credentials",
        "client_id": "leadoffice-demo",
        "client_secret": "demo-secret",
    } | form
    answer = requests.post(f"{partner.url}/bdk/oauth/token", data=form, timeout=5).json()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return session, answer


def test_takes_the_secret_from_the_body_too_and_repeats_the_scope(partner):
    _session, answer = signed_in(partner, scope="leadservice.crm")

    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 300
    assert answer["scope"] == "leadservice.crm"


def test_answers_nobody_without_a_token(partner):
    answer = requests.get(f"{partner.url}{LEADS}", timeout=5)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "UNAUTHORIZED"


def test_serves_what_is_not_acknowledged_yet_and_test_leads_alone(partner):
    session, _answer = signed_in(partner)
    receipts = [
        {"leadId": f"DLC-2026-{n:06d}", "version": 1, "result": "STORED"} for n in range(101, 126)
    ]
    url = f"{partner.url}{LEADS}"
    session.post(url.replace("leads", "lead-receipts"), json={"receipts": receipts}, timeout=5)

    waiting = session.get(url, params={"state": "UNACKNOWLEDGED", "limit": 200}, timeout=5).json()
    tests = session.get(url, params={"test": "true"}, timeout=5).json()

    # The changed version of 102 is not acknowledged; the repeats of 101 and 103 are.
    assert len(waiting["leads"]) == 53 - 25 - 2
    assert [lead["leadId"] for lead in tests["leads"]] == ["DLC-2026-000144"]


def test_refuses_limits_outside_the_contract(partner):
    session, _answer = signed_in(partner)
    for limit in ("0", "201", "-1", "viele"):
        answer = session.get(f"{partner.url}{LEADS}", params={"limit": limit}, timeout=5)
        assert answer.status_code == 400


def test_keeps_a_log_without_personal_data(partner):
    session, _answer = signed_in(partner)
    session.get(f"{partner.url}{LEADS}", params={"limit": 2}, timeout=5)
    receipt = {"leadId": "DLC-2026-000101", "version": 1, "result": "REJECTED", "reason": "Max"}
    session.post(
        f"{partner.url}{LEADS}".replace("leads", "lead-receipts"),
        json={"receipts": [receipt]},
        timeout=5,
    )

    log = requests.get(f"{partner.url}/log", timeout=5).json()

    assert log == [
        {"method": "POST", "path": "/bdk/oauth/token", "status": 200},
        {"method": "GET", "path": f"{LEADS}?limit=2", "status": 200, "noted": {"leads": 2}},
        {
            "method": "POST",
            "path": LEADS.replace("leads", "lead-receipts"),
            "status": 200,
            "noted": [
                {
                    "leadId": "DLC-2026-000101",
                    "version": 1,
                    "status": "ACKNOWLEDGED",
                    "result": "REJECTED",
                }
            ],
        },
    ]


def test_faults_can_be_ordered_over_http_and_happen_once(partner):
    session, _answer = signed_in(partner)
    order = requests.put(f"{partner.url}/faults", json={"leads": [{"status": 503}]}, timeout=5)
    assert order.status_code == 204

    assert session.get(f"{partner.url}{LEADS}", timeout=5).status_code == 503
    assert session.get(f"{partner.url}{LEADS}", timeout=5).status_code == 200
    assert requests.put(f"{partner.url}/faults", data="Unsinn", timeout=5).status_code == 400


def test_knows_only_its_own_addresses(partner):
    session, _answer = signed_in(partner)
    assert session.get(f"{partner.url}/bank/", timeout=5).status_code == 404
    assert session.get(f"{partner.url}/bdk/crm/v2/x", timeout=5).status_code == 404
    assert session.put(f"{partner.url}{LEADS}", timeout=5).status_code == 405
