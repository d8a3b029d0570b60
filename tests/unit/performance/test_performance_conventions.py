"""Every number says how it was measured."""

import subprocess
import sys
from dataclasses import fields
from datetime import date

import pytest

from domain.performance.conventions import CONVENTIONS
from domain.performance.model import Statistics

_TYPES = {field.name: field.type for field in fields(Statistics)}


def test_every_statistic_has_a_convention_and_every_convention_a_statistic() -> None:
    assert set(CONVENTIONS) == set(_TYPES)


@pytest.mark.parametrize("name", sorted(CONVENTIONS))
def test_a_convention_is_a_full_sentence_with_a_source(name: str) -> None:
    convention = CONVENTIONS[name]
    assert convention.label
    assert convention.convention.endswith(".")
    assert convention.source.endswith(".")


@pytest.mark.parametrize("name", sorted(CONVENTIONS))
def test_the_unit_fits_the_type_of_the_statistic(name: str) -> None:
    by_type: dict[object, set[str]] = {
        date: {"date"},
        date | None: {"date"},
        int: {"count"},
        int | None: {"days"},
        float: {"fraction", "ratio", "currency"},
        float | None: {"fraction", "ratio", "currency"},
    }
    assert CONVENTIONS[name].unit in by_type[_TYPES[name]]


def test_labels_are_unique() -> None:
    labels = [convention.label for convention in CONVENTIONS.values()]
    assert len(set(labels)) == len(labels)


def test_reading_conventions_and_statistics_loads_no_numpy() -> None:
    program = (
        "import sys, domain.performance.conventions, domain.performance.model; print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
