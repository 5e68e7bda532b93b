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
    (b"seed: 1\ntitle: x\nseed: 2\n", 3, "key_twice"),
    (b"centers:\n  NO: {}\n", 2, "key_read_as_bool"),
    (b"seed: 010\n", 1, "number_of_another_base"),
]
