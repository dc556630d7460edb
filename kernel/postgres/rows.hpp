#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/base/assert.hpp"
#include "kernel/postgres/value.hpp"

namespace emporion::postgres {

/// One row of a result, valid while its Rows lives. A wrong type, a wrong column or an unexpected NULL is a bug and stops the process.
class Row {
 public:
  /// Column `index` (from 0) as bool, int32_t, int64_t (also from int4), std::string (text, varchar, char, json, jsonb), Uuid, UtcTime, Bytes, json::Raw,
  /// std::vector of these (one-dimensional array), or std::optional of all these for columns that may be NULL.
  template <typename T>
  T get(int index) const;
  bool is_null(int index) const;

 private:
  friend class Rows;
  Row(const void* result, int number) : result_(result), number_(number) {}
  const void* result_;
  int number_;
};

/// What a statement answered. Owns the memory; cheap to move and copy.
class Rows {
 public:
  explicit Rows(std::shared_ptr<const void> result);
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  Row operator[](std::size_t index) const {
    EMP_ASSERT(index < size_);
    return Row(result_.get(), static_cast<int>(index));
  }
  /// Rows that an INSERT, UPDATE or DELETE touched.
  std::size_t affected() const noexcept { return affected_; }

  class Iterator {
   public:
    Iterator(const Rows* rows, std::size_t index) : rows_(rows), index_(index) {}
    Row operator*() const { return (*rows_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Rows* rows_;
    std::size_t index_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }

 private:
  std::shared_ptr<const void> result_;
  std::size_t size_;
  std::size_t affected_;
};

}  // namespace emporion::postgres
