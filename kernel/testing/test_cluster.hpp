#pragma once

#include <span>
#include <string>

#include "kernel/postgres/migration.hpp"

namespace emporion::testing {

/// The PostgreSQL cluster that all tests of one build folder share, without the durability of a product's. The first user starts it. The last one stops it,
/// unless `keep_running` was called (ctest does, around its whole run).
void keep_test_cluster_running();
void stop_test_cluster();

/// A database of its own, migrated, owned by an ordinary role; dropped with the object. A copy of a template that is made once per set of migrations.
class TestDatabase {
 public:
  explicit TestDatabase(std::span<const postgres::Migration> migrations = {});
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& name() const noexcept { return name_; }
  /// As the role that owns it.
  const std::string& dsn() const noexcept { return dsn_; }
  std::string superuser_dsn() const;

 private:
  std::string name_;
  std::string dsn_;
};

}  // namespace emporion::testing
