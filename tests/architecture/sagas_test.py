#!/usr/bin/env python3
"""Breaks the rule of sagas.py on purpose."""

import tempfile
import unittest
from pathlib import Path

from sagas import faults


class Sagas(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def test_accept_a_saga_under_trial(self):
        self.write("modules/a/b/app/sagas/go.cpp", 'saga::Definition<Go, State>(this, "b.go")')
        self.write("modules/a/b/testing/go_pgtest.cpp", '#include "kernel/testing/saga_trials.hpp"\n// The saga "b.go".')
        self.assertEqual(list(faults(self.root)), [])

    def test_refuse_one_that_is_not(self):
        self.write("modules/a/b/app/go.cpp", 'saga::Definition<Go, State>(this, "b.go")')
        self.write("modules/a/b/testing/go_pgtest.cpp", 'no trials of "b.go"')
        self.write("modules/a/c/testing/go_pgtest.cpp", '#include "kernel/testing/saga_trials.hpp"\n// "b.go" of another module.')
        self.assertEqual(list(faults(self.root)), ["modules/a/b/app/go.cpp: no test puts the saga b.go under trial"])

    def test_refuse_to_look_at_nothing(self):
        self.assertEqual(len(list(faults(self.root))), 1)


if __name__ == "__main__":
    unittest.main()
