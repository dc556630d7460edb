#!/usr/bin/env python3
"""Breaks each rule of the table of guards on purpose."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import mutate  # noqa: E402

FILES = {"m/migrations/0001_x.sql": "a UNIQUE b\nUNIQUE c", "m/store.cpp": 'Statement x{"x.lock", "SELECT 1 "\n   "FOR UPDATE"};'}
SQL = {"name": "x.unique", "file": "m/migrations/0001_x.sql", "pattern": "a UNIQUE", "replacement": "a", "programs": ["x"]}
STATEMENT = {"name": "x.lock", "file": "m/store.cpp", "place": "x.lock", "pattern": "1 FOR UPDATE", "replacement": "1", "programs": ["x"]}
CODE = {"name": "x.signature", "programs": ["x"]}
GOLDEN = {"x.unique": ("x", "A.b"), "x.lock": ("x", "A.c"), "x.signature": ("x", "A.d")}


def faults(guards, golden=None, code=("x.signature",)):
    return list(mutate.faults_of_table(guards, GOLDEN if golden is None else golden, set(code), {"A.b", "A.c", "A.d"}, FILES.__getitem__))


class Table(unittest.TestCase):
    def test_a_whole_table_has_no_fault(self):
        self.assertEqual(faults([SQL, STATEMENT, CODE]), [])

    def test_a_pattern_that_is_not_there_once_is_a_fault(self):
        self.assertIn("0 times", faults([{**SQL, "pattern": "gone"}, STATEMENT, CODE])[0])
        self.assertIn("2 times", faults([{**SQL, "pattern": "UNIQUE"}, STATEMENT, CODE])[0])
        self.assertIn("0 times", faults([SQL, {**STATEMENT, "pattern": "FOR SHARE"}, CODE])[0])
        self.assertIn("no statement", faults([SQL, {**STATEMENT, "place": "y.lock"}, CODE])[0])

    def test_names_are_known_on_both_sides(self):
        self.assertIn("no EMP_GUARD", faults([SQL, STATEMENT, CODE], code=())[0])
        self.assertIn("not in guards.toml", faults([SQL, STATEMENT, CODE], code=("x.signature", "x.other"))[0])
        self.assertIn("not in guards.toml", faults([SQL, STATEMENT, CODE], golden={**GOLDEN, "x.old": ("x", "A.e")})[0])
        self.assertIn("there twice", faults([SQL, SQL, STATEMENT, CODE])[0])

    def test_a_guard_without_a_test_is_a_fault(self):
        self.assertIn("no test", faults([SQL, STATEMENT, CODE], golden={name: GOLDEN[name] for name in ("x.lock", "x.signature")})[0])

    def test_a_test_that_was_renamed_is_a_fault(self):
        self.assertIn("no test A.gone any more", faults([SQL, STATEMENT, CODE], golden={**GOLDEN, "x.lock": ("x", "A.gone")})[0])

    def test_a_test_with_parameters_is_known_by_its_name_in_the_code(self):
        for name in ("A.b/far", "Each/A.b/far", "A.b"):
            self.assertEqual([], faults([SQL, STATEMENT, CODE], golden={**GOLDEN, "x.lock": ("x", name)}))
        self.assertIn("no test A.gone/far any more", faults([SQL, STATEMENT, CODE], golden={**GOLDEN, "x.lock": ("x", "A.gone/far")})[0])

    def test_the_order_names_the_place(self):
        self.assertEqual(mutate.environment_of(SQL), {"EMPORION_MUTATE_SQL": "module/0001_x.sql\na UNIQUE\na"})
        self.assertEqual(mutate.environment_of({**SQL, "pattern": "b\nUNIQUE"}), {"EMPORION_MUTATE_SQL": "module/0001_x.sql\nb\\nUNIQUE\na"})
        self.assertEqual(mutate.environment_of(STATEMENT), {"EMPORION_MUTATE_SQL": "x.lock\n1 FOR UPDATE\n1"})
        self.assertEqual(mutate.environment_of(CODE), {"EMPORION_MUTATE": "x.signature"})
        self.assertEqual(mutate.place_of({"file": "kernel/postgres/migrations/0002_saga.sql"}), "kernel/0002_saga.sql")

    def test_the_golden_table_comes_back(self):
        self.assertEqual(mutate.read_golden(mutate.golden_text(GOLDEN)), GOLDEN)

    def test_what_a_dying_test_was_is_read_from_its_output(self):
        self.assertEqual(mutate.last_begun(b"[ RUN      ] A.a\n[       OK ] A.a\n[ RUN      ] A.b\nassertion"), ["A.b"])


if __name__ == "__main__":
    unittest.main()
