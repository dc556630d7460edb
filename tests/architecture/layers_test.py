#!/usr/bin/env python3
"""Breaks each rule of layers.py on purpose."""

import tempfile
import unittest
from pathlib import Path

from layers import faults, shown_by

ROOT = "modules/logistics/warehouse"
USES = ["logistics.warehouse", "product.catalog"]


def found(layer, *seen):
    return list(faults(ROOT, layer, USES, set(seen)))


class Layers(unittest.TestCase):
    def test_accept_declared_neighbours(self):
        self.assertEqual(found("domain", "kernel/base", "kernel/json", "kernel/money", f"{ROOT}/domain"), [])
        self.assertEqual(found("app", "kernel/async", "kernel/postgres", "contracts/product/catalog/v1", f"{ROOT}/domain", f"{ROOT}/app"), [])
        self.assertEqual(found("adapters", "kernel/http", "contracts/logistics/warehouse/v1", f"{ROOT}/app", f"{ROOT}/adapters"), [])

    def test_refuse_another_module_in_every_layer(self):
        for layer in ("domain", "app", "adapters"):
            for other in ("modules/commerce/order/domain", "modules/commerce/order/api", "modules/logistics/warehouses/domain"):
                self.assertEqual(found(layer, "kernel/base", other), [f"sees {other}"])

    def test_refuse_a_domain_that_sees_more_than_values(self):
        for path in ("kernel/async", "kernel/postgres", "contracts/logistics/warehouse/v1", f"{ROOT}/app", f"{ROOT}/testing"):
            self.assertEqual(found("domain", "kernel/base", path), [f"sees {path}"])

    def test_refuse_layers_above(self):
        self.assertEqual(found("app", f"{ROOT}/adapters"), [f"sees {ROOT}/adapters"])
        self.assertEqual(found("adapters", f"{ROOT}/api"), [f"sees {ROOT}/api"])

    def test_refuse_contracts_that_are_not_declared(self):
        self.assertEqual(found("app", "contracts/commerce/order/v1"), ["sees contracts/commerce/order/v1"])

    def test_refuse_to_look_at_nothing(self):
        self.assertEqual(len(found("app")), 1)

    def test_list_what_an_include_folder_shows(self):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            (root / "kernel").mkdir()
            (root / "kernel/base").symlink_to("/")
            (root / "contracts/product/catalog/v1").mkdir(parents=True)
            (root / "contracts/product/catalog/v1/catalog_api.hpp").touch()
            self.assertEqual(set(shown_by(root)), {"kernel/base", "contracts/product/catalog/v1"})


if __name__ == "__main__":
    unittest.main()
