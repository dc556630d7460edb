#!/usr/bin/env python3
"""Breaks the rule of unaware.py on purpose."""

import tempfile
import unittest
from pathlib import Path

from unaware import faults


class Unaware(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def found(self, module, text):
        file = self.root / "modules" / module / "app/file.cpp"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        found = [fault.split(" mentions ")[1] for fault in faults(self.root)]
        file.unlink()
        return found

    def test_refuse_the_network(self):
        for line in ("// over gRPC", '#include "kernel/remote/client.hpp"', '#include "contracts/a/b/v1/b_api_remote.hpp"', "with mTLS", "grpc_channel"):
            self.assertEqual(len(self.found("commerce/order", line)), 1, line)

    def test_refuse_placements_of_processes(self):
        self.assertEqual(self.found("commerce/order", "if the placement says so"), ["placement"])
        self.assertEqual(self.found("commerce/checkout", "the placement's other process"), ["placement"])

    def test_accept_placements_of_the_business(self):
        self.assertEqual(self.found("commerce/checkout", "struct Placement; // of an order"), [])
        self.assertEqual(self.found("logistics/warehouse", "Placement choose();"), [])

    def test_refuse_to_look_at_nothing(self):
        self.assertEqual(len(list(faults(self.root))), 1)


if __name__ == "__main__":
    unittest.main()
