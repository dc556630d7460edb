#!/usr/bin/env python3
"""Breaks each rule of acceptance.py on purpose."""

import tempfile
import unittest
from pathlib import Path

from acceptance import attach, find_tests, page, read_checks, sentence

CHECKS = "# words\n\n## commerce 1.7 Checkout\n1. Given a cart, Then a line.\n2. Given a|b, Then c.\n\n## product 3 Promotion\nA1. Given a limit.\n"


class Acceptance(unittest.TestCase):
    def test_a_sentence_is_made_of_a_name(self):
        self.assertEqual(sentence("Any", "AHundredOfFiveThousandGetTheUses"), "A hundred of five thousand get the uses")
        self.assertEqual(sentence("Any", "CODIsNotOfferedOver5000000"), "COD is not offered over 5000000")
        self.assertEqual(sentence("Vnpay", "heard_five_times_captures_once"), "VNPay heard five times captures once")
        self.assertEqual(sentence("BankTransfer", "late"), "Bank transfer late")

    def test_a_test_stands_with_its_check_and_what_has_none_is_missing(self):
        sections = read_checks(CHECKS)
        self.assertEqual(attach(sections, [("Cart", "commerce_1_7_2_OneLineIsLeft", "modules/a_test.cpp"), ("P", "product_3_A1_ItHolds", "b_test.cpp")]), [])
        made = page(sections)
        self.assertIn("| 1 | Given a cart, Then a line. | **missing** |", made)
        self.assertIn("| 2 | Given a\\|b, Then c. | One line is left ([a_test.cpp](../modules/a_test.cpp)) |", made)
        self.assertIn("Missing: 1.", made)
        self.assertIn("2 of 3 checks have a test.", made)

    def test_a_number_that_no_check_has_is_refused(self):
        for name in ("commerce_1_7_3_Other", "commerce_9_9_1_Other", "product_3_1_Other"):
            self.assertEqual(len(attach(read_checks(CHECKS), [("S", name, "x.cpp")])), 1, name)

    def test_a_check_that_is_there_twice_is_refused(self):
        with self.assertRaises(ValueError):
            read_checks("## commerce 1.7 Checkout\n1. a\n1. b\n")

    def test_tests_are_found_in_sources(self):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            (root / "modules").mkdir()
            (root / "modules/a_test.cpp").write_text(
                "TEST(A, acceptance_commerce_1_7_1_One) {}\nTEST_F(B,\n   acceptance_commerce_1_7_2_two_of) {}\nRC_GTEST_PROP(C, acceptance_product_3_A1_Three, (int x)) {}\n"
                "// acceptance_commerce_1_7_1_NoTest\n"
            )
            self.assertEqual([test[:2] for test in find_tests(root)], [("A", "commerce_1_7_1_One"), ("B", "commerce_1_7_2_two_of"), ("C", "product_3_A1_Three")])


if __name__ == "__main__":
    unittest.main()
