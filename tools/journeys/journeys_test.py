#!/usr/bin/env python3
"""What the table of journeys.py says of results that are alike, that failed, and that differ."""

import unittest

from journeys import AS_A_WHOLE, results_of, table, tests_of

GOOD = {"testsuites": [{"name": "Desk", "testsuite": [{"name": "A", "status": "RUN", "result": "COMPLETED"}, {"name": "B", "status": "RUN", "result": "COMPLETED"}]}]}


def failing(name):
    tests = [{"name": each, "status": "RUN", "result": "COMPLETED", **({"failures": [{}]} if each == name else {})} for each in "AB"]
    return {"testsuites": [{"name": "Desk", "testsuite": tests}]}


class Journeys(unittest.TestCase):
    wanted = ["Desk.A", "Desk.B"]

    def test_names_are_those_of_the_listing(self):
        self.assertEqual(tests_of("Running main()\nDesk.\n  A\n  B  # GetParam() = 1\n"), self.wanted)

    def test_results_alike_are_accepted(self):
        same = results_of(GOOD, self.wanted, 0)
        lines, alike = table({"one": same, "per-module": dict(same)})
        self.assertTrue(alike)
        self.assertEqual(lines[-1], "2 tests in one, per-module: 2 hold alike")

    def test_what_fails_in_one_placement_only_differs(self):
        lines, alike = table({"one": results_of(GOOD, self.wanted, 0), "per-module": results_of(failing("B"), self.wanted, 1)})
        self.assertFalse(alike)
        self.assertTrue(lines[2].endswith("<- differs"), lines)
        self.assertIn("1 do not, 1 differ", lines[-1])

    def test_what_fails_everywhere_is_refused_too(self):
        same = results_of(failing("A"), self.wanted, 1)
        self.assertFalse(table({"one": same, "per-module": dict(same)})[1])

    def test_a_program_that_died_is_no_success(self):
        self.assertEqual(results_of({}, self.wanted, -11), {"Desk.A": "died", "Desk.B": "died"})
        self.assertFalse(table({"one": results_of({}, self.wanted, -11)})[1])

    def test_a_fault_outside_of_all_tests_is_one(self):
        whole = results_of(GOOD, self.wanted, 1)
        self.assertEqual(whole[f"Desk.{AS_A_WHOLE}"], "FAILED")
        self.assertFalse(table({"one": results_of(GOOD, self.wanted, 0), "per-module": whole})[1])

    def test_a_test_that_a_placement_left_out_differs(self):
        skipped = {"testsuites": [{"name": "Desk", "testsuite": [{"name": "A", "result": "SKIPPED"}, {"name": "B", "result": "COMPLETED"}]}]}
        self.assertFalse(table({"one": results_of(GOOD, self.wanted, 0), "per-module": results_of(skipped, self.wanted, 0)})[1])


if __name__ == "__main__":
    unittest.main()
