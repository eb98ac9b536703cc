"""Verification at the population register, asked of its simulator over a socket."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from channels.demo.citizens import Citizen, citizens
from channels.rnp_simulator import AT_ONCE, SECONDS, TRIES, Faults, Register, application
from registries.rnp import Answer, Biometric, Demographics, Otp, Rnp, Sent
from schemas.digits import verhoeff
from schemas.message import Refused, Unavailable
from tests.clock import Clock
from tests.serving import served

TOKEN = "an accredited intermediary"
NOBODY = "2345678906"


@pytest.fixture
def register(clock: Clock) -> Register:
    found = Register.of(citizens())
    found.clock = clock
    return found


@pytest.fixture
def address(register: Register) -> Iterator[str]:
    with served(application(register, TOKEN)) as address:
        yield address


@pytest.fixture
def rnp(address: str) -> Iterator[Rnp]:
    asked = Rnp(address, TOKEN)
    yield asked
    asked.close()


def one(register: Register, fits: Callable[[Citizen], Any] = bool) -> Citizen:
    return next(citizen for citizen in register.people.values() if fits(citizen))


@pytest.fixture
def citizen(register: Register) -> Citizen:
    return one(register, lambda citizen: citizen.phone and citizen.email)


def told(register: Register, sent: Sent) -> Otp:
    """What the person reads on their telephone."""
    return Otp(sent.request, next(one["secret"] for one in register.outbox if one["request"] == sent.request))


def face(citizen: Citizen) -> Biometric:
    return Biometric("face", citizen.biometrics["face"].encode())


def reasons(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    assert all(issue.at and issue.text and issue.remedy for issue in refused.value.issues)
    return [issue.reason for issue in refused.value.issues]


def test_a_birth_date_confirms_and_another_does_not(rnp: Rnp, citizen: Citizen) -> None:
    assert rnp.confirm(citizen.idcs, Demographics({"birth_date": citizen.birth_date})) == Answer(True)
    assert rnp.confirm(citizen.idcs, Demographics({"birth_date": "1901-02-03"})) == Answer(False)


def test_names_are_compared_without_case_accents_and_spaces(rnp: Rnp, citizen: Citizen) -> None:
    items = {"family": citizen.family.lower(), "given": f" {citizen.given.upper()} ", "sex": citizen.sex}
    assert rnp.confirm(citizen.idcs, Demographics(items)).confirmed


def test_every_item_must_agree(rnp: Rnp, citizen: Citizen) -> None:
    other = {"male": "female", "female": "male"}[citizen.sex]
    assert not rnp.confirm(citizen.idcs, Demographics({"birth_date": citizen.birth_date, "sex": other})).confirmed


def test_yes_or_no_tells_nothing_more(rnp: Rnp, register: Register, citizen: Citizen) -> None:
    sent = rnp.send_otp(citizen.idcs)
    assert rnp.confirm(citizen.idcs, told(register, sent)) == Answer(True)


@pytest.mark.parametrize("by", ["sms", "email"])
def test_a_secret_sent_to_the_person_gives_their_data(rnp: Rnp, register: Register, citizen: Citizen, by: Any) -> None:
    sent = rnp.send_otp(citizen.idcs, by)
    assert register.outbox[-1]["to"] == (citizen.phone if by == "sms" else citizen.email)
    assert sent.to == "******" + register.outbox[-1]["to"][-2:]
    answer = rnp.data(citizen.idcs, told(register, sent))
    assert answer.confirmed
    assert answer.person == {
        "identifiers": [{"system": "https://hie.sante.gov.ma/id/idcs", "value": citizen.idcs}],
        "names": [{"family": citizen.family, "given": [citizen.given]}],
        "birth_date": citizen.birth_date,
        "birth_place": citizen.birth_place,
        "sex": citizen.sex,
        "addresses": [{"lines": [citizen.address]}],
    }


def test_a_secret_is_good_for_once(rnp: Rnp, register: Register, citizen: Citizen) -> None:
    otp = told(register, rnp.send_otp(citizen.idcs))
    assert rnp.confirm(citizen.idcs, otp).confirmed
    with pytest.raises(Refused) as refused:
        rnp.confirm(citizen.idcs, otp)
    assert reasons(refused) == ["expired"]


def test_a_secret_expires(rnp: Rnp, register: Register, citizen: Citizen, clock: Clock) -> None:
    otp = told(register, rnp.send_otp(citizen.idcs))
    clock.now += SECONDS
    with pytest.raises(Refused) as refused:
        rnp.data(citizen.idcs, otp)
    assert reasons(refused) == ["expired"]


def test_a_wrong_secret_may_be_told_a_few_times_and_then_the_right_one_is_too_late(
    rnp: Rnp, register: Register, citizen: Citizen
) -> None:
    otp = told(register, rnp.send_otp(citizen.idcs))
    wrong = Otp(otp.request, "no secret")
    assert [rnp.confirm(citizen.idcs, wrong).tries_left for _ in range(TRIES)] == list(reversed(range(TRIES)))
    with pytest.raises(Refused) as refused:
        rnp.confirm(citizen.idcs, otp)
    assert reasons(refused) == ["too-many-tries"]


def test_a_secret_proves_nobody_else(rnp: Rnp, register: Register, citizen: Citizen) -> None:
    other = one(register, lambda other: other.idcs != citizen.idcs)
    otp = told(register, rnp.send_otp(citizen.idcs))
    with pytest.raises(Refused):
        rnp.data(other.idcs, otp)


def test_a_person_is_not_flooded_with_secrets(rnp: Rnp, citizen: Citizen, clock: Clock) -> None:
    for _ in range(AT_ONCE):
        rnp.send_otp(citizen.idcs)
    with pytest.raises(Refused) as refused:
        rnp.send_otp(citizen.idcs)
    assert reasons(refused) == ["too-often"]
    clock.now += SECONDS
    assert rnp.send_otp(citizen.idcs).seconds == SECONDS


def test_a_person_without_a_telephone_is_proved_otherwise(rnp: Rnp, register: Register) -> None:
    citizen = one(register, lambda citizen: not citizen.phone)
    with pytest.raises(Refused) as refused:
        rnp.send_otp(citizen.idcs)
    assert reasons(refused) == ["not-sent"]
    assert rnp.data(citizen.idcs, face(citizen)).confirmed


def test_biometrics_give_data_and_those_of_another_do_not(rnp: Rnp, register: Register, citizen: Citizen) -> None:
    other = one(register, lambda other: other.idcs != citizen.idcs)
    answer = rnp.data(citizen.idcs, face(citizen))
    assert answer.confirmed
    assert answer.person
    assert rnp.data(citizen.idcs, face(other)) == Answer(False)


def test_demographics_alone_never_give_data(rnp: Rnp, address: str, citizen: Citizen) -> None:
    items = {"birth_date": citizen.birth_date, "family": citizen.family}
    with pytest.raises(Refused) as refused:
        rnp.data(citizen.idcs, Demographics(items))
    assert reasons(refused) == ["required"]
    # the register itself insists, whoever asks
    body = {"idcs": citizen.idcs, "mode": "data", "demographics": items}
    answer = httpx.post(f"{address}/verify", json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()) == (422, {"reason": "proof"})


def test_a_number_alone_proves_nothing(rnp: Rnp, citizen: Citizen) -> None:
    for proofs in ((), (Demographics({}),), (Demographics({"shoe size": "41"}),)):
        with pytest.raises(Refused) as refused:
            rnp.confirm(citizen.idcs, *proofs)
        assert reasons(refused) == ["required"]


def test_what_is_no_idcs_is_not_asked_for(rnp: Rnp) -> None:
    for text in ("", "123456789", "12345678901", "23456789०6"):
        with pytest.raises(Refused) as refused:
            rnp.send_otp(text)
        assert reasons(refused) == ["not-an-idcs"]


def test_the_register_does_not_tell_who_is_in_it(rnp: Rnp, register: Register) -> None:
    assert NOBODY not in register.people
    sent = rnp.send_otp(NOBODY)
    assert not register.outbox
    assert rnp.confirm(NOBODY, Otp(sent.request, "123456")) in (Answer(False, tries_left=2), Answer(False))
    assert rnp.confirm(NOBODY, Demographics({"sex": "male"})) == Answer(False)


def test_who_is_not_accredited_learns_nothing(address: str, citizen: Citizen) -> None:
    with pytest.raises(Refused) as refused:
        Rnp(address, "somebody").confirm(citizen.idcs, Demographics({"sex": citizen.sex}))
    assert reasons(refused) == ["not-accredited"]


def test_a_register_that_is_down_or_gone_is_unavailable(register: Register, citizen: Citizen) -> None:
    with served(application(register, TOKEN, Faults(down=1.0))) as address:
        with pytest.raises(Unavailable) as unavailable:
            Rnp(address, TOKEN).confirm(citizen.idcs, face(citizen))
        assert unavailable.value.retry_after == 1
    with pytest.raises(Unavailable):
        Rnp(address, TOKEN).confirm(citizen.idcs, face(citizen))


def test_a_secret_is_used_up_although_the_answer_was_lost(register: Register, citizen: Citizen) -> None:
    with served(application(register, TOKEN)) as address:
        otp = told(register, Rnp(address, TOKEN).send_otp(citizen.idcs))
    with served(application(register, TOKEN, Faults(lost=1.0))) as address, pytest.raises(Unavailable):
        Rnp(address, TOKEN).confirm(citizen.idcs, otp)
    with served(application(register, TOKEN)) as address, pytest.raises(Refused):
        Rnp(address, TOKEN).confirm(citizen.idcs, otp)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"confirmed": "yes"}', b'{"confirmed": true, "person": 4}', b"\xff"])
def test_an_answer_that_cannot_be_read_is_none(content: bytes) -> None:
    rnp = Rnp(
        "http://127.0.0.1:9", TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    )
    with pytest.raises(Unavailable):
        rnp.confirm(NOBODY, Demographics({"sex": "male"}))


def test_no_identifier_is_in_an_address_or_in_what_errors_say(register: Register, citizen: Citizen) -> None:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(422, json={"reason": f"about {citizen.idcs}"})

    rnp = Rnp("http://127.0.0.1:9", TOKEN, transport=httpx.MockTransport(reply))
    for ask in (lambda: rnp.send_otp(citizen.idcs), lambda: rnp.data(citizen.idcs, face(citizen))):
        with pytest.raises(Refused) as refused:
            ask()
        assert citizen.idcs not in repr(refused.value.issues)
    assert [request.url.raw_path for request in seen] == [b"/otp", b"/verify"]


def test_proofs_are_not_told_by_their_own_representation() -> None:
    proofs = (Otp("r", "canary"), Biometric("face", b"canary"), Demographics({"family": "canary"}))
    assert not any("canary" in repr(proof) for proof in proofs)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/otp", b"not json", 400),
        ("/otp", b"[" * 100_000, 400),
        ("/otp", b'{"idcs": "2345678906", "by": "pigeon"}', 400),
        ("/otp", b'{"idcs": 2345678906, "by": "sms"}', 422),
        ("/otp", b"x" * (1 << 21), 413),
        ("/verify", b'{"idcs": "2345678906", "mode": "all", "demographics": {"sex": "male"}}', 400),
        ("/verify", b'{"idcs": "2345678906", "mode": "confirm", "demographics": ["sex"]}', 400),
        ("/verify", b'{"idcs": "2345678906", "mode": "confirm", "demographics": {"biometrics": "x"}}', 400),
        ("/verify", b'{"idcs": "2345678906", "mode": "confirm", "biometric": {"template": "?"}}', 400),
        ("/verify", b'{"idcs": "2345678906", "mode": "confirm"}', 422),
    ],
)
def test_the_register_refuses_what_it_cannot_read(address: str, path: str, body: bytes, status: int) -> None:
    answer = httpx.post(f"{address}{path}", content=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == status
    assert answer.json()["reason"]


def test_the_people_in_it_are_the_same_for_a_seed_and_have_right_numbers(address: str) -> None:
    shown = httpx.get(f"{address}/people").json()
    assert shown == [dataclasses.asdict(citizen) for citizen in citizens()]
    assert citizens() != citizens(2)
    assert len({citizen["idcs"] for citizen in shown}) == len(shown) > 40
    assert all(verhoeff(citizen["idcs"]) for citizen in shown)
