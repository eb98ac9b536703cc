"""People who come from several laboratories, some of them twice. Everybody is invented."""

from __future__ import annotations

from tests.console.place import Place, result


def patient(
    control_id: str,
    family: str,
    given: str,
    *,
    laboratory: str,
    birth: str = "19840317",
    sex: str = "F",
    cin: str = "",
    phone: str = "0661234567",
    town: str = "SALE",
) -> bytes:
    """A report about the patient, whose local number is the control ID's."""
    lines = result(control_id).decode().split("\r")
    lines[0] = lines[0].replace("130310623", laboratory)
    numbers = f"N-{control_id}^^^{laboratory}^PI" + (f"~{cin}^^^CNIE^NNMAR" if cin else "")
    lines[1] = f"PID|1||{numbers}||{family}^{given}||{birth}|{sex}|||12 RUE ATLAS^^{town}^^11000^MAR||{phone}"
    return "\r".join(lines).encode()


CIN = "AB123456"


def doubtful(place: Place) -> None:
    """Two pairs that the rules will not join by themselves."""
    place.send(
        "lab-hl7v2",
        patient("R1", "BENNANI", "Khadija", laboratory="130310623", cin=CIN),
        patient("R2", "BENANI", "Khadja", laboratory="130310624", phone="0661234568", town="RABAT"),
        patient("R3", "EL ALAOUI", "Mohamed", laboratory="130310625", birth="19700101", sex="M"),
        patient("R4", "ALAOUI", "Mohammed", laboratory="130310626", birth="19700612", sex="M", phone="0537000000"),
    )


def certain(place: Place) -> None:
    """Two records that the rules join by themselves."""
    place.send(
        "lab-hl7v2",
        patient("R5", "TAZI", "Salma", laboratory="130310623", birth="19910702"),
        patient("R6", "TAZI", "Salma", laboratory="130310624", birth="19910702"),
    )
