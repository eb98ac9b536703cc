"""What is known of a patient can't be read where it lies: not in the data folder, the database, logs or metrics."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import httpx
import pytest

from channels.rnp_simulator import Register, application
from channels.settings import default_config
from tests.e2e import canaries, doors
from tests.e2e.canaries import ARABIC, BORN, BORN_HERE, BORN_ISO, CIN, FAMILY, GIVEN, INSURED, IPP, PHONE, STREET
from tests.e2e.hl7 import AUTHORITY, code, header, message, order
from tests.e2e.program import Mllp, Program, until
from tests.e2e.sales import CNSS, export, row
from tests.serving import served
from tests.surroundings import Servers

CNIE = "https://hie.sante.gov.ma/id/cnie"
NUMBERS = f"{IPP}^^^CHU_ESSAI^PI~{CIN}^^^CIN^NI~{INSURED}^^^CNSS^SS"
PERSON = (
    f"PID|1||{NUMBERS}||{FAMILY}^{GIVEN}^^^^^L~{ARABIC}^{ARABIC}^^^^^L||{BORN}|F|||{STREET}^^RABAT^^10000^MA"
    f"||{PHONE}^PRN^PH"
)
NOBODY = f"PID|1||||{FAMILY}^{GIVEN}||{BORN}|F|||{STREET}^^RABAT||{PHONE}"
PATIENT = {
    "resourceType": "Patient",
    "id": "one",
    "identifier": [{"system": CNIE, "value": CIN}, {"system": CNSS, "value": INSURED}],
    "name": [{"use": "official", "family": FAMILY, "given": [GIVEN], "text": f"{GIVEN} {FAMILY}"}],
    "telecom": [{"system": "phone", "value": PHONE}],
    "address": [{"line": [STREET], "city": "Rabat"}],
    "birthDate": BORN_ISO,
    "gender": "female",
}
SALE = {
    "immatriculation_cnss": INSURED, "nom_beneficiaire": FAMILY, "prenom_beneficiaire": GIVEN,
    "date_naissance": BORN_HERE, "sexe": "F",
}  # fmt: skip
CSV, FHIR = "text/csv", "application/fhir+json"
TOKEN = "an accredited intermediary"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Path:
    """The shipped configuration, with a channel that parks the sales of pharmacies nobody knows, and a hospital of the
    table of domains."""
    folder = tmp_path_factory.mktemp("config")
    shutil.copytree(default_config().parent, folder, dirs_exist_ok=True)
    sales = (folder / "channels" / "pharmacy-csv.yaml").read_text()
    strict = sales.replace("facility: flag", "facility: require").replace("patient: create", "patient: require")
    with (folder / "domains.yaml").open("a") as table:
        table.write(doors.DOMAINS)
    (folder / "channels" / "strict-csv.yaml").write_text(strict.replace('"files:inbox/pharmacy-csv"', '"http"'))
    return folder / "wasl.yaml"


@pytest.fixture(scope="module")
def register() -> Iterator[str]:
    """A population register that knows her: its address."""
    with served(application(Register.of([doors.CITIZEN]), TOKEN)) as address:
        yield address


@pytest.fixture(scope="module")
def terminal() -> dict[str, bytes]:
    """What commands said."""
    return {}


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, config: Path, register: str, terminal: dict[str, bytes]
) -> Iterator[Program]:
    """A program that was told of these people in every way, and asked about them in every way."""
    folder = tmp_path_factory.mktemp("confidential") / "data"
    settings = doors.SETTINGS | {"WASL_REGISTRIES_RNP": register, "WASL_REGISTRIES_RNP_TOKEN": TOKEN}
    with Program(folder, "--config", str(config), **settings) as program:
        client = program.client("essai", "pharmacy-csv", "strict-csv", "fhir", "client-registry-fhir")
        told(program, client)
        refused(program, client)
        doors.told(program, client, PATIENT)
        terminal["load"] = doors.loaded(program)
        asked(program)
        doors.asked(program, PATIENT)
        doors.shown(program)
        terminal["verify"] = doors.verified(program)
        yield program


def told(program: Program, client: tuple[str, str]) -> None:
    with Mllp(program.mllp_port) as line:
        assert code(line.send(message(header("K1"), PERSON, order("KF1", "2345-7|0.95|g/L")))) == "AA"
        assert code(line.send(message(header("K2", kind="ADT^A31^ADT_A05"), "EVN|A31|20261112", PERSON, "PV1|1|N")))
    assert program.post("pharmacy-csv", client, export(row(INSURED, "K1", **SALE)), CSV).status_code == 200
    entry = {"resource": PATIENT, "request": {"method": "PUT", "url": "Patient/one"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert program.post("fhir", client, json.dumps(bundle).encode(), FHIR).status_code == 200
    for control_id in ("K1", "K2"):
        program.transaction(control_id, "delivered")
    until(lambda: program.get("/fhir/Patient", identifier=f"{AUTHORITY}|{IPP}")["total"] == 1, 20, "the patient")
    until(lambda: accepted(program), 20, "an accepted care sheet")


def accepted(program: Program) -> bool:
    sheets = program.get("/api/care-sheets", person=f"{CNSS}|{INSURED}")["items"]
    return any(sheet["state"] == "ACCEPTED" for sheet in sheets)


def refused(program: Program, client: tuple[str, str]) -> None:
    """At the door, by mediation, in part, parked."""
    with Mllp(program.mllp_port) as line:
        assert code(line.send(message(header("K3"), NOBODY, order("KF3", "2345-7|1|g/L")))) == "AE"
        assert code(line.send(message(header("K4"), f"{PERSON}|{FAMILY}|{CIN}", f"OBX|1|{GIVEN}|{FAMILY}"))) != "AA"
        line.send(message(header("K5", kind="ADT^A99^ADT_A01"), PERSON))
        line.send(f"{FAMILY} {GIVEN} {CIN} is no message")
    bad = row(INSURED, "K2", **SALE) | {"quantite": GIVEN, "ppv_dh": FAMILY, "date_dispensation": CIN}
    program.post("pharmacy-csv", client, export(bad), CSV)
    program.post("pharmacy-csv", client, export(row(INSURED, "K3", **SALE), bad), CSV)
    program.post("pharmacy-csv", client, f"{FAMILY};{GIVEN}\n{CIN};{PHONE}\n".encode(), CSV)
    program.post("strict-csv", client, export(row(INSURED, "K4", **SALE)), CSV)
    for element in ("birthDate", "gender", "name", "identifier", "address"):
        program.post("fhir", client, json.dumps(PATIENT | {element: FAMILY}).encode(), FHIR)
    program.post("fhir", client, f'{{"{FAMILY}": "{GIVEN}", "{CIN}"'.encode(), FHIR)
    until(lambda: program.get("/api/transactions", status="parked")["items"] or None, 20, "a parked message")


def asked(program: Program) -> None:
    """Whatever the answer is."""
    wanted = {"identifier": CIN, "family": FAMILY, "given": GIVEN, "name": ARABIC, "birthdate": BORN_ISO}
    for name, value in [*wanted.items(), ("identifier", f"{CNSS}|{INSURED}"), (FAMILY, CIN), ("birthdate", GIVEN)]:
        program.admin.get("/fhir/Patient", params={name: value})
        program.admin.post("/fhir/Patient/_search", data={name: value})
        program.admin.get(f"/fhir/{FAMILY}", params={name: value})
    program.admin.get(f"/fhir/Patient/{CIN}")
    program.admin.get(f"/{FAMILY}", params={GIVEN: CIN})
    for path in ("/api/care-sheets", "/api/transactions"):
        for value in (f"{CNSS}|{INSURED}", CIN, FAMILY):
            program.admin.get(path, params={"person": value, "limit": GIVEN})
            program.admin.get(path, params={"person": value})
    for control_id in ("K1", "K3", "K4"):
        for item in program.get("/api/transactions", control_id=control_id)["items"]:
            program.get(f"/api/transactions/{item['id']}")
    httpx.get(f"{program.admin.base_url}/fhir/Patient", params=wanted, trust_env=False)


def told_by(program: Program) -> Mapping[str, list[str]]:
    log = program.log().encode()
    metrics = program.admin.get("/metrics").content
    return canaries.found(chain(canaries.files(program.data), [("log", log), ("metrics", metrics)]))


def test_the_canaries_are_seen_where_they_are() -> None:
    """What looks for them finds them."""
    for charset in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = f"{{'name': '{FAMILY.lower()}'}}".encode(charset)
        assert canaries.seen_in(raw) == [FAMILY]
        for shift in range(3):
            assert canaries.seen_in(base64.b64encode(b"-" * shift + raw)) == [FAMILY]
    assert canaries.seen_in(json.dumps({"name": ARABIC}).encode()) == [ARABIC]


def test_a_running_program_leaves_no_patient_readable(program: Program) -> None:
    """Searches still find her."""
    for query in ({"family": FAMILY[:4]}, {"identifier": CIN}, {"birthdate": BORN_ISO[:4]}):
        assert program.get("/fhir/Patient", **query)["total"] >= 1, query
    assert told_by(program) == {}


def test_commands_tell_nobody_who_she_is(program: Program, terminal: dict[str, bytes]) -> None:
    assert canaries.found(iter(terminal.items())) == {}


def test_the_database_holds_no_patient_readable(program: Program) -> None:
    url = program.environment.get("WASL_DATABASE", "")
    if not url.startswith("postgresql"):
        pytest.skip("the stores are files of the data folder")
    assert canaries.found(canaries.rows(url)) == {}


def test_redis_holds_no_patient_readable(program: Program) -> None:
    url = program.environment.get("WASL_REDIS", "")
    if not url:
        pytest.skip("what Redis would hold is in the memory of the program")
    assert canaries.found(canaries.held(url)) == {}


def test_a_program_that_ended_leaves_no_patient_readable(program: Program) -> None:
    program.kill()
    assert canaries.found(canaries.files(program.data)) == {}
