"""What is remembered of sayings never tells one event for another."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registries.client.keys import subject
from registries.client.saying import content, saying
from registries.client.subjects import Subjects
from tests.registries.people import SECRET, about, patient

TOLD = st.fixed_dictionaries(
    {
        "ipp": st.sampled_from(["", "7", "8"]),
        "given": st.sampled_from(["", "Rim"]),
        "birth": st.sampled_from(["", "1968"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TOLD, st.sampled_from(["lab", "desk"]), st.integers(1, 2)), max_size=12))
def test_what_was_met_before_gives_what_reading_it_gives(comings: Any) -> None:
    subjects = Subjects(SECRET)
    for told, channel, version in comings:
        event = about(patient(**told), channel=channel, version=version)
        fresh = subject(event["patient"], event["id"], SECRET)
        said = saying(event, fresh, SECRET, content(event["patient"], SECRET))
        assert subjects.of(event, {}) == (fresh, said)
