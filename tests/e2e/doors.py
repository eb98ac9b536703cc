"""The client registry's own doors, each told and asked of the person who does not exist (canaries.py).

What is right must be taken and answered, or nothing would have been told; of the rest any answer will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx

from channels.demo.citizens import Citizen
from tests.e2e.canaries import ARABIC, BORN, BORN_HERE, BORN_ISO, CIN, FAMILY, GIVEN, IDCS, INSURED, IPP, PHONE, STREET
from tests.e2e.hl7 import AUTHORITY
from tests.e2e.program import PASSWORD, Mllp, Program, until
from tests.e2e.registry import Sender

# What the table of domains must have, for strict channels to take what is told here
DOMAINS = f"""
chu: {{names: CHU_ESSAI, uri: "{AUTHORITY}", senders: [essai, "SIH|CHU_ESSAI"]}}
"""
SETTINGS = {"WASL_CLIENT_REGISTRY_DELETE": "true", "WASL_CLIENT_REGISTRY_UNMERGE": "true"}
CITIZEN = Citizen(IDCS, FAMILY, GIVEN, "female", BORN_ISO, "Rabat", STREET, "MA", PHONE, f"{GIVEN}@{FAMILY}.ma", {})
PDQ = (f"5.1^{FAMILY}", f"5.2^{GIVEN[:5]}*", f"7^{BORN}")
CLIENTS = "idcs;cnss;cin;ipp;authority;family;given;birth_date;sex;phone;city;address;mother"
ROWS = (
    f"{IDCS};{INSURED};{CIN};{IPP}7;CHU_ESSAI;{FAMILY};{GIVEN};{BORN_HERE};F;{PHONE};Rabat;{STREET};{GIVEN} {FAMILY}",
    f"{IPP};{FAMILY};{CIN};{IPP}8;CHU_ESSAI;{FAMILY};{GIVEN};{BORN_HERE};F;;;;",
    f";;{CIN};{IPP}9;;{FAMILY};{GIVEN};{FAMILY};{GIVEN};;;;",
)
Patient = dict[str, Any]


def told(program: Program, client: tuple[str, str], patient: Patient) -> None:
    """As feeds tell of patients: ITI-104, ITI-93, `$temporary` and ITI-8, merges and removals with them."""
    for number in ("1", "2", "3"):
        assert _sent(program, client, "PUT", "Patient", _of(patient, number), number).status_code == 201
    assert _sent(program, client, "PUT", "Patient", _merged(patient, "2", "1"), "2").status_code == 200
    assert _sent(program, client, "DELETE", "Patient", None, "3").status_code == 204
    for number in ("3", f"9|{FAMILY}", f"9&{FAMILY}={GIVEN}"):
        for method in ("PUT", "DELETE"):
            _sent(program, client, method, "Patient", {**_of(patient, "9"), "gender": GIVEN}, number)
    _sent(program, client, "PUT", f"Patient/{CIN}", patient)
    answer = _sent(program, client, "POST", "$process-message", _feed(_of(patient, "4"), _merged(patient, "4", "1")))
    assert answer.json()["entry"][0]["resource"]["response"]["code"] == "ok"
    _sent(program, client, "POST", "$process-message", _feed({**patient, "birthDate": FAMILY}))
    known = {**patient, "identifier": []}
    answer = _sent(program, client, "POST", "Patient/$temporary", _parameters(("patient", "resource", known)))
    assert answer.status_code == 201
    _sent(program, client, "POST", "Patient/$temporary", _parameters(("flag", "valueCode", GIVEN)))
    _sent(program, client, "POST", "Patient/$temporary", _parameters((FAMILY, "valueString", CIN)))
    with Mllp(program.mllp_port) as line:
        sender, person = Sender(line, "SIH", "CHU_ESSAI"), f"||{FAMILY}^{GIVEN}||{BORN}|F|||{STREET}||{PHONE}"
        for number in ("5", "6"):
            assert sender.feed(f"||{IPP}{number}^^^CHU_ESSAI~{IDCS}^^^IDCS{person}").code == "AA"
        assert sender.feed(f"||{IPP}5^^^CHU_ESSAI{person}", "A40", f"MRG|{IPP}6^^^CHU_ESSAI").code == "AA"
        assert sender.feed(f"||{CIN}^^^CIN{person}", "A40", f"MRG|{IDCS}^^^IDCS").code == "AE"
        assert sender.feed(f"||{CIN}^^^{FAMILY}{person}").code == "AE"


def loaded(program: Program) -> bytes:
    """What `wasl registry load clients` says of rows that are right, look mistyped and are wrong."""
    body = "\n".join((CLIENTS, *ROWS)).encode()
    done = program.wasl("registry", "load", "clients", "-", check=False, body=body)
    assert b"check-digit" in done.stderr
    assert b"not-a-date" in done.stderr
    return done.stdout + done.stderr


def verified(program: Program) -> bytes:
    """What `wasl registry verify` says of who it was asked about, and of who is none."""
    command = ("registry", "verify", "--by", "birth-date")
    done = program.wasl(*command, body=f"{IDCS}\n{BORN_ISO}\n".encode())
    wrong = program.wasl(*command, check=False, body=f"{CIN}\n{FAMILY}\n".encode())
    more = program.wasl(*command, "--known", check=False, body=f"{IDCS}\n{BORN_ISO}\n".encode())
    return b"".join(one.stdout + one.stderr for one in (done, wrong, more))


def asked(program: Program, patient: Patient) -> None:
    """ITI-9, ITI-21, ITI-83 and ITI-119."""
    with Mllp(program.mllp_port) as line:
        sender = Sender(line, "SIH", "CHU_ESSAI")
        assert f"CHU_ESSAI:{IPP}1" in sender.pix(f"{IPP}1^^^CHU_ESSAI").numbers[0]
        until(lambda: sender.pdq(*PDQ).status == "OK" or None, what="her, by her name")
        sender.pix(f"{CIN}^^^{FAMILY}")
        sender.pix(FAMILY)
        sender.pdq(f"99.1^{FAMILY}", f"7^{GIVEN}", f"8^{ARABIC}")
        sender.pdq(*PDQ, domains=f"^^^{FAMILY}", most=f"{CIN}^{FAMILY}", pointer=GIVEN)
    source = {"sourceIdentifier": f"{AUTHORITY}|{IPP}1"}
    assert program.get("/fhir/Patient/$ihe-pix", **source)["parameter"]
    assert program.admin.post("/fhir/Patient/$ihe-pix", data=source).status_code == 200
    assert program.admin.post("/fhir/Patient/$match", json=patient).json()["entry"]
    for one in ({"sourceIdentifier": f"{FAMILY}|{CIN}"}, {"sourceIdentifier": FAMILY}, {FAMILY: CIN}):
        program.admin.get("/fhir/Patient/$ihe-pix", params=one)
        program.admin.post("/fhir/Patient/$ihe-pix", data=one)
        program.admin.post("/fhir/Patient/$match", json={**patient, **one})
    program.admin.post("/fhir/Patient/$match", json={**patient, "birthDate": FAMILY})


def shown(program: Program) -> None:
    """The pages that show her, with everything shown that they hide."""
    with httpx.Client(base_url=str(program.admin.base_url), timeout=60, trust_env=False) as browser:
        _submitted(browser, "/login", "/login", name="admin", password=PASSWORD)
        by_name = {"family": FAMILY, "given": GIVEN, "birth": BORN_ISO}
        for sought in (by_name, {"number": CIN, "system": "cnie"}, {"number": IDCS}, {"number": f"{FAMILY}|{GIVEN}"}):
            _submitted(browser, "/people", "/people", **sought)
        (person, *_) = program.get("/fhir/Patient", identifier=f"{AUTHORITY}|{IPP}1")["entry"]
        page = f"/people/{person['resource']['id']}"
        assert CIN not in browser.get(page).text
        assert CIN in _submitted(browser, page, page).text
        assert (
            _submitted(
                browser, f"{page}/verify", f"{page}/verify", birth=BORN_ISO, mode="confirm", idcs=IDCS
            ).status_code
            == 200
        )
        _submitted(browser, f"{page}/verify", f"{page}/verify", idcs=CIN, birth=FAMILY, mode=GIVEN)
        _submitted(browser, page, f"{page}/choose", field=FAMILY, value=GIVEN, why="")
        for wrong in (FAMILY, CIN):
            browser.get(f"/people/{wrong}", params={GIVEN: IDCS})
            browser.get(f"/reviews/{wrong}", params={"reason": GIVEN})
        for review in _reviews(browser):
            assert _submitted(browser, review, review).status_code == 200


def _reviews(browser: httpx.Client) -> Iterator[str]:
    queue = browser.get("/reviews").text
    found = set(re.findall(r'href="(/reviews/[0-9a-f-]+)[?"]', queue))
    assert found
    yield from found


def _submitted(browser: httpx.Client, page: str, form: str, **fields: str) -> httpx.Response:
    """A form of a page, sent as a browser sends it."""
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', browser.get(page).text)
    return browser.post(form, data={"token": token, **fields}, headers={"Origin": str(browser.base_url)})


def _sent(
    program: Program, client: tuple[str, str], method: str, path: str, resource: Patient | None, number: str = ""
) -> httpx.Response:
    query = {"identifier": f"{AUTHORITY}|{IPP}{number}"} if number else {}
    return httpx.request(
        method, f"http://127.0.0.1:{program.http_port}/fhir/{path}",
        params=query, json=resource, headers={"Content-Type": "application/fhir+json"}, auth=client, timeout=60,
        trust_env=False,
    )  # fmt: skip


def _of(patient: Patient, number: str) -> Patient:
    return {**patient, "identifier": [{"system": AUTHORITY, "value": f"{IPP}{number}"}, *patient["identifier"]]}


def _merged(patient: Patient, gone: str, stays: str) -> Patient:
    other = {"identifier": {"system": AUTHORITY, "value": f"{IPP}{stays}"}}
    return {**_of(patient, gone), "active": False, "link": [{"type": "replaced-by", "other": other}]}


def _feed(*patients: Patient) -> dict[str, Any]:
    """A patient identity feed as a message (PMIR)."""
    request = {"method": "PUT", "url": "Patient/x"}
    changes = [{"fullUrl": "urn:x", "resource": one, "request": request} for one in patients]
    header = {"resourceType": "MessageHeader", "id": "m", "source": {"endpoint": "urn:x"}}
    entries = [header | {"eventUri": "urn:ihe:iti:pmir:2019:patient-feed"}, _bundle("history", changes)]
    return _bundle("message", [{"resource": one} for one in entries])


def _bundle(kind: str, entries: list[Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _parameters(*told: tuple[str, str, Any]) -> dict[str, Any]:
    facility = {"name": "facility", "valueString": "CHU_ESSAI"}
    return {"resourceType": "Parameters", "parameter": [facility, *({"name": a, b: c} for a, b, c in told)]}
