#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/result.hpp"

namespace emporion::json {

enum class Type : std::uint8_t { null, boolean, integer, number, string, array, object };

/// A place in a parsed document: cheap to copy, valid while its Document lives. Typed getters answer nothing on a wrong type.
class Value {
 public:
  Type type() const noexcept;
  bool is_null() const noexcept { return type() == Type::null; }
  std::optional<bool> boolean() const noexcept;
  /// Only numbers written as integers that fit 64 bits; 1.0 and 1e3 are not integers.
  std::optional<std::int64_t> integer() const noexcept;
  std::optional<double> number() const noexcept;
  /// Decoded UTF-8, valid while the Document lives.
  std::optional<std::string_view> string() const noexcept;
  /// The member of an object, if present.
  std::optional<Value> member(std::string_view name) const noexcept;
  /// This value as compact JSON text again.
  std::string to_json() const;

  /// Calls `visit(name, value)` for each member of an object, or nothing. Stops when `visit` answers false.
  template <typename Visit>
  void for_each_member(Visit&& visit) const {
    visit_members([](void* context, std::string_view name, Value value) { return (*static_cast<std::remove_reference_t<Visit>*>(context))(name, value); },
                  const_cast<void*>(static_cast<const void*>(&visit)));
  }
  /// Calls `visit(value)` for each element of an array, or nothing. Stops when `visit` answers false.
  template <typename Visit>
  void for_each_element(Visit&& visit) const {
    visit_elements([](void* context, Value value) { return (*static_cast<std::remove_reference_t<Visit>*>(context))(value); },
                   const_cast<void*>(static_cast<const void*>(&visit)));
  }
  std::size_t size() const noexcept;  ///< Number of elements or members; 0 for scalars.

 private:
  friend class Document;
  void visit_members(bool (*visit)(void*, std::string_view, Value), void* context) const;
  void visit_elements(bool (*visit)(void*, Value), void* context) const;
  alignas(void*) std::byte element_[16];
};

/// A parsed JSON text (RFC 8259). Errors of `parse`: MALFORMED_JSON (also invalid UTF-8, depth over 64, trailing text).
class Document {
 public:
  static Result<Document> parse(std::string_view text);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();
  Value root() const noexcept;

 private:
  struct Impl;
  explicit Document(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// JSON text kept as it is: for members whose shape the contract leaves open.
struct Raw {
  std::string json = "null";
  friend bool operator==(const Raw&, const Raw&) = default;
};

}  // namespace emporion::json
