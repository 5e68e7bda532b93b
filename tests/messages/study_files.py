"""Files that are no study: content, line of the problem, and its rule."""

from __future__ import annotations

WRONG: list[tuple[bytes, int, str]] = [
    (b"seed: 1\ncenters: {A: [1, 2}\n", 2, "no_yaml"),
    (b"seed: 1\n  title: x\n", 2, "no_yaml"),
    (b"seed: 1\ntitle: !secret x\n", 2, "no_yaml"),
    (b"# a comment\n- seed: 1\n", 2, "no_mapping"),
    (b"\njust words\n", 2, "no_mapping"),
    (b"seed: 1\ntitle: \xff\n", 2, "not_utf8"),
    (b"seed: 1\ntitle: a\x00b\n", 2, "forbidden_character"),
]
