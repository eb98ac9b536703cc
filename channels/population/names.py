"""Names as they are met in Morocco, in Latin and in Arabic letters, the frequent ones first; rare ones are made up."""

from __future__ import annotations

from bisect import bisect
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple


class Name(NamedTuple):
    latin: str
    arabic: str


def _listed(text: str) -> tuple[Name, ...]:
    """ "Omar=عمر Ait_Omar=آيت_عمر": an underscore stands for a space."""
    pairs = (entry.replace("_", " ").partition("=") for entry in text.split())
    return tuple(Name(latin, arabic) for latin, _, arabic in pairs)


MEN: Final = _listed(
    "Mohamed=محمد Ahmed=أحمد Youssef=يوسف Hassan=حسن Said=سعيد Rachid=رشيد Abdellah=عبد_الله Mustapha=مصطفى "
    "Omar=عمر Ali=علي Hamza=حمزة Khalid=خالد Driss=إدريس Brahim=إبراهيم Lahcen=لحسن Abdelaziz=عبد_العزيز "
    "Abderrahim=عبد_الرحيم Karim=كريم Hicham=هشام Mehdi=مهدي Yassine=ياسين Ayoub=أيوب Anass=أنس Soufiane=سفيان "
    "Adil=عادل Jamal=جمال Noureddine=نور_الدين Abdelkader=عبد_القادر Larbi=العربي Houcine=الحسين Amine=أمين "
    "Othmane=عثمان Zakaria=زكرياء Ismail=إسماعيل Reda=رضا Tarik=طارق Mounir=منير Azeddine=عز_الدين Bilal=بلال "
    "Abdelmajid=عبد_المجيد Salah=صلاح Nabil=نبيل Jaouad=جواد Miloud=ميلود Mbarek=مبارك Badr=بدر Ilyas=إلياس "
    "Abdelouahed=عبد_الواحد Abdeslam=عبد_السلام Fouad=فؤاد Walid=وليد Marouane=مروان Taha=طه Hafid=حفيظ "
    "Bouchaib=بوشعيب Allal=علال Jilali=الجيلالي Maati=المعطي Kamal=كمال Samir=سمير Ghali=غالي Moha=موحى"
)
WOMEN: Final = _listed(
    "Fatima=فاطمة Khadija=خديجة Aicha=عائشة Fatima_Zahra=فاطمة_الزهراء Zineb=زينب Naima=نعيمة Malika=مليكة "
    "Rachida=رشيدة Hanane=حنان Latifa=لطيفة Salma=سلمى Imane=إيمان Meryem=مريم Zahra=زهرة Samira=سميرة "
    "Saida=سعيدة Nadia=نادية Karima=كريمة Sanae=سناء Amina=أمينة Houda=هدى Soukaina=سكينة Loubna=لبنى "
    "Hayat=حياة Kenza=كنزة Ghita=غيثة Ikram=إكرام Siham=سهام Najat=نجاة Wafae=وفاء Asmae=أسماء Chaimae=شيماء "
    "Hafida=حفيظة Rkia=رقية Mina=مينة Touria=ثريا Bouchra=بشرى Nezha=نزهة Halima=حليمة Fadma=فاضمة "
    "Oumaima=أميمة Hajar=هاجر Yasmine=ياسمين Sara=سارة Nour=نور Laila=ليلى Ilham=إلهام Mouna=منى Jamila=جميلة "
    "Hasna=حسناء Rahma=رحمة Itto=إيطو Tamou=طامو Yamna=يامنة Habiba=حبيبة Souad=سعاد Ghizlane=غزلان Dounia=دنيا"
)
FAMILIES: Final = _listed(
    "El_Amrani=العمراني Alaoui=العلوي Bennani=بناني El_Idrissi=الإدريسي Cherkaoui=الشرقاوي Tahiri=الطاهري "
    "El_Fassi=الفاسي Naciri=الناصري Ait_Taleb=آيت_الطالب Benmoussa=بنموسى Chakir=شاكر Hamdaoui=الحمداوي "
    "El_Ghazouani=الغزواني Rifai=الرفاعي Bouzid=بوزيد Ouchen=أوشن El_Mahdaoui=المهداوي Zerhouni=الزرهوني "
    "Belkadi=بلقاضي Soussi=السوسي Jebli=الجبلي Filali=الفيلالي El_Khattabi=الخطابي Doukkali=الدكالي "
    "Ait_Said=آيت_سعيد Benabdellah=بنعبد_الله Harrak=الحراق Tijani=التيجاني El_Yousfi=اليوسفي Kabbaj=القباج "
    "Sekkat=السقاط Laaroussi=العروسي Bouhaddou=بوحدو El_Guerrouj=الكروج Mekouar=مكوار Benhima=بنهيمة "
    "Ouaziz=أوعزيز Chaoui=الشاوي Hassani=الحسني El_Ouardi=الوردي Mrabet=المرابط Jirari=الجراري Taoufiki=التوفيقي "
    "Ennaji=الناجي Errami=الرامي Essaadi=السعدي Ezzine=الزين Bouayad=بوعياد Belghiti=بلغيتي Temsamani=التمسماني "
    "Ghallab=غلاب Qadmiri=القادميري Rhazi=الغازي Wahidi=الوحيدي Yakhlif=يخلف Ziani=الزياني Benkirane=بنكيران "
    "Ait_Oufkir=آيت_أوفقير Ou_Moussa=أوموسى El_Hachimi=الهاشمي Chbihi=الشبيهي Daif=ضيف Fikri=فكري Guennoun=كنون"
)

_CONSONANTS: Final = _listed("b=ب d=د f=ف h=ه k=ك l=ل m=م n=ن r=ر s=س t=ت z=ز j=ج q=ق ch=ش gh=غ kh=خ")
_VOWELS: Final = _listed("a=ا i=ي ou=و")
_ENDINGS: Final = _listed("i=ي aoui=اوي ani=اني oun=ون ouch=وش")
_BEGINNINGS: Final = (*_listed("Ben=بن Bou=بو Ait_=آيت_ El_=ال Ou=أو"), *[Name("", "")] * 6)

RANKS: Final = 20_000
_COMPOUND: Final = 0.12  # of given names: Mohamed Amine


def zipf(ranks: int, exponent: float) -> list[float]:
    """Cumulative weights of so many ranks, the first the most frequent."""
    return list(accumulate(1 / rank**exponent for rank in range(1, ranks + 1)))


_FAMILY_WEIGHTS: Final = zipf(RANKS, 0.75)
_GIVEN_WEIGHTS: Final = {"male": zipf(len(MEN), 0.9), "female": zipf(len(WOMEN), 0.9)}


def drawn(random: Random, weights: list[float]) -> int:
    """A rank, counted from 0."""
    return bisect(weights, random.random() * weights[-1])


def family(random: Random) -> Name:
    """A family name: the first in the list one in fifty, thousands of others hardly ever."""
    return _family(drawn(random, _FAMILY_WEIGHTS))


def given(random: Random, sex: str) -> Name:
    """A given name, now and then of two."""
    listed, weights = (MEN if sex == "male" else WOMEN), _GIVEN_WEIGHTS[sex]
    first = listed[drawn(random, weights)]
    if " " in first.latin or random.random() > _COMPOUND:
        return first
    second = listed[random.randrange(len(listed))]
    return first if second == first else Name(f"{first.latin} {second.latin}", f"{first.arabic} {second.arabic}")


@lru_cache(RANKS)
def _family(rank: int) -> Name:
    """The listed ones, then one made up for each rank, always the same."""
    if rank < len(FAMILIES):
        return FAMILIES[rank]
    random = Random(rank)
    parts = [random.choice(_CONSONANTS), random.choice(_VOWELS), random.choice(_CONSONANTS)]
    if random.random() < 0.6:
        parts += [random.choice(_VOWELS), random.choice(_CONSONANTS)]
    parts.append(random.choice(_ENDINGS))
    before = random.choice(_BEGINNINGS)
    latin = "".join(part.latin for part in parts)
    joined = before.latin + (latin if before.latin and not before.latin.endswith(" ") else latin.capitalize())
    return Name(joined, before.arabic + "".join(part.arabic for part in parts))
