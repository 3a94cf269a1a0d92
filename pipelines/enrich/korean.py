"""Persons in Korean: a family name and two syllables, told by a title, a known given name, or by coming back."""

from collections import Counter

from pipelines.enrich.famous import famous
from pipelines.enrich.inflection import base_forms
from pipelines.enrich.lexicon import common, given
from pipelines.enrich.reading import Reading

#: family names of nineteen in twenty Koreans
_FAMILY = frozenset("김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나엄채원천방공현함변염")
_TITLES = frozenset(
    "대통령 의원 대표 장관 총리 위원장 씨 기자 칼럼니스트 배우 감독 선수 교수 회장 사장 시장 지사 후보 당선인 전 변호사 작가 검사 판사 총장 가수 앵커 "
    "국회의원 원내대표 비서실장 수석 대변인 이사장 부총리 차관 청장 소설가 평론가".split()
)
#: a name comes back so often, with so many different particles
OFTEN, PARTICLES = 4, 3


def korean_persons(reading: Reading) -> Counter[str]:
    """Return the persons a Korean text names, and how often."""
    if reading.language != "ko":
        return Counter()
    seen: Counter[str] = Counter()
    forms: dict[str, set[str]] = {}
    told: set[str] = set()
    known = famous()[0]
    for index, form in enumerate(reading.keys):
        for name in (form, *base_forms(form, "ko")):
            if len(name) != 3 or name[0] not in _FAMILY or common(name) or not "가" <= name[-1] <= "힣":
                continue
            seen[name] += 1
            forms.setdefault(name, set()).add(form)
            beside = (reading.keys[index + 1 : index + 2] or [""])[0]
            titled = beside in _TITLES or any(base in _TITLES for base in base_forms(beside, "ko"))
            if name in known or (titled and (form == name)) or given(name[1:]):
                told.add(name)
    return Counter(
        {
            name: count
            for name, count in seen.items()
            if name in told and (count > 1 or name in known) or (count >= OFTEN and len(forms[name]) >= PARTICLES)
        }
    )
