"""Overlays compose: layer upon layer is the same as one overlay in which the upper layer's keys win."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from nhiemvu.rules.load import load_rulebook

BASE = {"id": "", "name": "gốc", "unit": "%", "targets": [{"meets": "≥ 50%"}]}
IDS = ("a", "b", "c")

patches = st.dictionaries(
    st.sampled_from(IDS),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(["tỉnh", "huyện", "xã"]),
            "note": st.sampled_from(["một", "hai"]),
            "targets": st.integers(1, 99).map(lambda bound: [{"meets": f"≥ {bound}%"}]),
            "evidence": st.sampled_from(["measured", "declared_if_missing"]),
        },
    ),
)


def write(folder, name: str, **keys: object) -> None:
    # JSON is YAML
    (folder / f"{name}.yaml").write_text(
        json.dumps({"rulebook": name, "title": name, **keys}, ensure_ascii=False), "utf-8"
    )


def overlay(patch: dict[str, dict[str, object]]) -> list[dict[str, object]]:
    return [{"id": id_, **keys} for id_, keys in patch.items()]


def told(folder, name: str) -> list[tuple[object, ...]]:
    rules = load_rulebook(folder / f"{name}.yaml")
    return [(each.id, each.name, each.form.note, each.evidence, each.target_text) for each in rules.criteria]


@settings(max_examples=60)
@given(st.lists(patches, min_size=1, max_size=4))
def test_layers_are_one_overlay_in_which_the_upper_wins(tmp_path_factory, layers):
    folder = tmp_path_factory.mktemp("layers")
    write(folder, "lop0", criteria=[{**BASE, "id": id_} for id_ in IDS])
    together: dict[str, dict[str, object]] = {}
    for number, patch in enumerate(layers, 1):
        write(folder, f"lop{number}", includes=[f"lop{number - 1}"], overlay=overlay(patch))
        for id_, keys in patch.items():
            together.setdefault(id_, {}).update(keys)
    write(folder, "mot", includes=["lop0"], overlay=overlay(together))
    assert told(folder, f"lop{len(layers)}") == told(folder, "mot")
