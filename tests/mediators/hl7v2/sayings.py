"""Messages that say every fact that must survive, one a family: invented people, numbers and places."""

from __future__ import annotations

from typing import Final

from tests.mediators.hl7v2.messages import HEAD, fields

DOCTOR = "{0}^{1}^{2}^^^Dr^^^CNOM"


def doctor(number: str, family: str, given: str) -> str:
    return DOCTOR.format(number, family, given)


PID: Final = fields("PID", {
    1: "1",
    3: "0044^^^HOP&2.16.504.1&ISO^PI~AB123456^^^MA^NI",
    5: "BENNANI^SALMA^LINA^^^^L~IDRISSI^SALMA^^^^^M",
    6: "TAZI^RACHIDA",
    7: "198706041530",
    8: "F",
    11: "12 rue Atlas^^Fes^FM^30000^MAR^H",
    13: "^PRN^PH^^^^^^^^^+212535000111~^NET^Internet^salma@exemple.ma",
    14: "^WPN^PH^^212^535^000222",
    15: "ar^Arabe^ISO6391",
    16: "M^Marie^HL70002",
    18: "ACC-7^^^HOP^AN",
    24: "Y",
    25: "2",
    29: "20240401",
    30: "Y",
})  # fmt: skip
PV1: Final = fields("PV1", {
    1: "1",
    2: "I",
    3: "CARDIO^12^2^CHU",
    7: doctor("D-7", "ALAMI", "OMAR"),
    8: doctor("D-8", "BERRADA", "HIND"),
    9: doctor("D-9", "CHRAIBI", "ALI"),
    17: doctor("D-17", "DAOUDI", "NADIA"),
    19: "V-55^^^HOP^VN",
    44: "20240310080000",
    45: "20240314120000",
})  # fmt: skip
ADMISSION: Final = (
    fields("EVN", {1: "A08", 2: "202403120900", 6: "202403120845"}),
    PID,
    "PD1||||D-4^FASSI^YOUNES",
    "NTE|1||Patiente sourde",
    "NK1|1|BENNANI^KARIM|SPO^Epoux^HL70063||^PRN^PH^^^^^^^^^+212600000333",
    PV1,
    "AL1|1|DA|7980^Penicilline^RXNORM|SV|Urticaire",
    "DG1|1||I10^Hypertension^I10||20240310|A||||||||||" + doctor("D-16", "ELALAOUI", "SAAD"),
    "PR1|1||0DTJ4ZZ^Appendicectomie^ICD10PCS||20240311093000",
    fields("IN1", {1: "1", 2: "AMO", 3: "CNSS", 4: "CNSS Maroc", 12: "20240101", 13: "20241231", 36: "POL-9"}),
    "OBX|1|NM|29463-7^Poids^LN||62|kg|||||F",
    "ZBE|MVT-1^PAM|20240312||INSERT",
)
ORC: Final = fields("ORC", {
    1: "RE", 2: "P-9^CHU", 3: "F-9^LABO", 4: "G-9^CHU", 5: "CM", 9: "20240312070000",
    12: doctor("D-12", "FILALI", "ZINEB"),
    21: "Clinique Atlas", 22: "5 av. Hassan^^Rabat", 23: "^WPN^PH^^^^^^^^^+212537000444", 24: "9 av. Anfa^^Casablanca",
})  # fmt: skip
OBR: Final = fields("OBR", {
    1: "1", 2: "P-9^CHU", 3: "F-9^LABO", 4: "58410-2^Numeration^LN", 5: "S", 7: "20240312081500", 8: "20240312082000",
    13: "Sous traitement", 16: doctor("D-12", "FILALI", "ZINEB"), 22: "20240312102000+0100", 24: "HM", 25: "F",
    31: "R50^Fievre^I10", 32: "D-32&GHALI&SOFIA",
})  # fmt: skip
OBX: Final = fields("OBX", {
    1: "1", 2: "NM", 3: "718-7^Hemoglobine^LN^HB^Hb^L", 5: "11.2", 6: "g/dL", 7: "12.0-16.0", 8: "L", 11: "F",
    14: "20240312081600", 16: doctor("D-26", "HARTI", "IMANE"), 17: "SLS^Spectro^L", 19: "20240312101000",
    23: "Laboratoire Central", 24: "1 rue Pasteur^^Rabat", 25: doctor("D-25", "IRAQI", "MEHDI"),
})  # fmt: skip
SPM: Final = fields("SPM", {
    1: "1", 2: "S-1&CHU^S-2&LABO", 4: "BLD^Sang^HL70487", 8: "LA^Bras gauche^HL70163",
    17: "20240312081500^20240312081700", 18: "20240312090000", 24: "HEM^Hemolyse^HL70493",
})  # fmt: skip


def typed(number: int, kind: str, value: str, unit: str = "") -> str:
    return f"OBX|{number}|{kind}|X-{number}^Essai {number}^L||{value}|{unit}|||||F"


RESULTS: Final = (
    PID, "NTE|1||Patiente sourde", PV1, ORC, OBR, "NTE|1||Rapport relu", OBX, "NTE|1||Controle fait",
    typed(2, "CWE", "POS^Positif^L"), typed(3, "ST", "jaune"), typed(4, "SN", ">^100", "mg/L"),
    typed(5, "SN", "^1^:^128"), typed(6, "SN", "^3^-^5", "mmol/L"), typed(7, "DT", "20240301"), typed(8, "TM", "1015"),
    typed(9, "NR", "2^8", "mmol/L"), typed(10, "ED", "LABO^APPLICATION^PDF^Base64^JVBERi0xLjQ="),
    typed(11, "NM", "60~120", "mg/L"), typed(12, "TS", "202403010815"), SPM,
)  # fmt: skip
ORDER: Final = (
    PID, PV1,
    fields("IN1", {1: "1", 2: "AMO", 3: "CNSS", 4: "CNSS Maroc", 12: "20240101", 13: "20241231", 36: "POL-9"}),
    ORC.replace("ORC|RE", "ORC|NW").replace("|CM|", "||"), "TQ1|1||||||20240313080000||S^Urgent^HL70485",
    OBR.replace("20240312102000+0100|", "|").replace("|HM|F|", "|HM||"), "DG1|1||D64.9^Anemie^I10||20240310|W",
    "OBX|1|NM|8310-5^Temperature^LN||38.5|Cel|||||F", SPM,
)  # fmt: skip
VACCINE: Final = (
    PID, "ORC|RE|P-3^CENTRE|F-3^CENTRE||||||20240312090000",
    fields("RXA", {
        1: "0", 2: "1", 3: "20240312084500", 5: "08^HepB^CVX", 6: "0.5", 7: "mL^^UCUM", 9: "00^nouvelle^NIP001",
        10: doctor("D-10", "JABRI", "LEILA"), 11: "SALLE1^^^CENTRE", 15: "LOT-77", 16: "20251231", 17: "MSD^Merck^MVX",
        20: "CP", 21: "A",
    }),
    "RXR|IM^Intramusculaire^HL70162|LD^Deltoide gauche^HL70163",
    "OBX|1|CE|64994-7^Eligibilite^LN||V02^Eligible^HL70064||||||F",
    "OBX|2|TS|29769-7^Document remis^LN||20240312||||||F", "OBX|3|NM|30973-2^Dose^LN||2||||||F",
)  # fmt: skip
REFUSED: Final = (
    PID, "ORC|RE||F-4^CENTRE",
    fields("RXA", {
        1: "0", 2: "1", 3: "20240312", 5: "08^HepB^CVX", 6: "999", 18: "00^Refus parental^NIP002", 20: "RE",
    }),
)  # fmt: skip
DOCUMENT: Final = (
    "EVN|T02|20240312", PID, PV1,
    fields("TXA", {
        1: "1", 2: "DS^Resume de sortie^HL70270", 3: "TX", 4: "20240312090000", 6: "20240312091500",
        7: "20240312093000",
        9: doctor("D-91", "KADIRI", "AMINE"), 10: doctor("D-90", "LAHLOU", "SARA"), 12: "DOC-2^HOP", 13: "DOC-1^HOP",
        16: "sortie.txt", 17: "LA", 18: "R", 19: "AV", 25: "Resume",
    }),
    "OBX|1|TX|DS^Resume^L||Patiente sortie||||||F", "OBX|2|TX|DS^Resume^L||en bon etat||||||F",
    "OBX|3|ED|DS^Resume^L||HOP^APPLICATION^PDF^Base64^JVBERi0xLjQ=||||||F",
)  # fmt: skip
APPOINTMENT: Final = (
    fields("SCH", {
        1: "RV-1^CHU", 2: "RV-2^CHU", 6: "ROUTINE^Routine^HL70276", 7: "CONTROLE^Controle annuel^L",
        8: "NORMAL^Normal^HL70277", 9: "1", 10: "h", 11: "^^^20240320090000^20240320100000",
        16: doctor("D-36", "MANSOURI", "IDRISS"), 25: "Booked^Reserve^HL70278", 26: "P-9^CHU", 27: "F-9^LABO",
    }),
    PID, "RGS|1|A", "AIS|1|A|CONS^Consultation^L|20240320090000", "AIG|1|A|ECHO^Echographe^L",
    "AIL|1|A|SALLE4^^^CHU", "AIP|1|A|" + doctor("D-3", "NACIRI", "KENZA"),
)  # fmt: skip
PRESCRIPTION: Final = (
    PID, "ORC|NW|P-5^CHU|F-5^PHARMA||||||20240312090000|||" + doctor("D-12", "FILALI", "ZINEB"),
    fields("RXE", {
        2: "J01CA04^Amoxicilline^WC", 3: "500", 5: "mg^^UCUM", 6: "CAP^Gelule^L", 7: "^Apres le repas", 10: "21",
        11: "{gelule}", 12: "2", 15: "RX-15", 21: "^Finir la boite",
    }),
    "TQ1|1||TID^^HL70335||||20240312|20240319", "RXR|PO^Orale^HL70162|MTH^Bouche^HL70163",
    "RXC|B|LACT^Lactose^L|100|mg",
)  # fmt: skip
REQUESTED: Final = (
    PID, "ORC|NW|P-6^CHU",
    fields("RXO", {1: "J01CA04^Amoxicilline^WC", 2: "500", 4: "mg^^UCUM", 11: "14"}),
)  # fmt: skip
DISPENSED: Final = (
    PID, "ORC|RE|P-5^CHU|F-5^PHARMA",
    fields("RXD", {
        1: "1", 2: "J01CA04^Amoxicilline^WC", 3: "20240312113000", 4: "21", 5: "{gelule}", 7: "RX-15",
        10: doctor("D-80", "OUAZZANI", "RIM"),
    }),
    "RXR|PO^Orale^HL70162",
)  # fmt: skip
CHARGED: Final = (
    "EVN|P03|20240312", PID, PV1,
    fields("FT1", {
        1: "1", 4: "20240312100000", 6: "CG", 7: "B40^Bilan sanguin^NGAP", 10: "3", 11: "120&MAD", 12: "40&MAD",
        19: "I10^Hypertension^I10", 20: doctor("D-20", "QADIRI", "HAJAR"), 25: "0DTJ4ZZ^Appendicectomie^ICD10PCS",
    }),
)  # fmt: skip
MERGED: Final = (
    "EVN|A40|20240312", "PID|1||0044^^^HOP^PI||BENNANI^SALMA", "MRG|0043^^^HOP^PI||||||BENANI^SELMA",
)  # fmt: skip
CLEARED: Final = (
    "EVN|A31|20240312", 'PID|1||0044^^^HOP^PI||BENNANI^SALMA||""|F|||""', "PV1|1|N",
)  # fmt: skip


def saying(kind: str, segments: tuple[str, ...]) -> bytes:
    return "\r".join([HEAD.format(type=kind, version="2.5.1"), *segments]).encode()
