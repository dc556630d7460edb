#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/time.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/json/value.hpp"

namespace emporion::postgres {

/// A parameter or column of type bytea.
struct Bytes {
  std::string value;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

/// Parameters of one statement, encoded in PostgreSQL's binary format with their types. Arrays may hold nulls by `std::optional` elements.
class Parameters {
 public:
  void add(bool value);
  void add(std::int32_t value);
  void add(std::int64_t value);
  void add(std::string_view value);  ///< text
  void add(const std::string& value) { add(std::string_view(value)); }
  void add(const char* value) { add(std::string_view(value)); }
  void add(const Bytes& value);
  void add(const Uuid& value);
  template <typename Tag>
  void add(const Id<Tag>& value) {
    add(value.uuid());
  }
  void add(UtcTime value);           ///< timestamptz
  void add(const json::Raw& value);  ///< jsonb
  template <typename T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      add_null(oid_of<T>());
    }
  }
  /// One-dimensional array of T.
  template <typename T>
  void add(const std::vector<T>& values) {
    begin_array(element_oid<T>(), values.size());
    for (const auto& value : values) add_element(value);
    end_array();
  }

  struct Slot {
    std::uint32_t oid = 0;
    std::int64_t offset = -1;  ///< Into `bytes`; -1 is NULL.
    std::int32_t length = 0;
  };
  const std::vector<Slot>& slots() const noexcept { return slots_; }
  const std::string& bytes() const noexcept { return bytes_; }

  template <typename T>
  static constexpr std::uint32_t oid_of();

 private:
  template <typename T>
  static constexpr std::uint32_t element_oid() {
    if constexpr (requires {
                    typename T::value_type;
                    requires std::same_as<T, std::optional<typename T::value_type>>;
                  }) {
      return oid_of<typename T::value_type>();
    } else {
      return oid_of<T>();
    }
  }
  template <typename T>
  void add_element(const T& value) {
    if constexpr (requires {
                    typename T::value_type;
                    requires std::same_as<T, std::optional<typename T::value_type>>;
                  }) {
      if (!value) {
        append_be32(0xFFFFFFFFu);
        return;
      }
      add_element(*value);
    } else {
      const std::size_t at = bytes_.size();
      append_be32(0);
      append_value(value);
      patch_be32(at, static_cast<std::uint32_t>(bytes_.size() - at - 4));
    }
  }
  void add_null(std::uint32_t oid);
  void begin_array(std::uint32_t element_oid, std::size_t count);
  void end_array();
  void append_be32(std::uint32_t value);
  void patch_be32(std::size_t at, std::uint32_t value);
  void append_value(bool value);
  void append_value(std::int32_t value);
  void append_value(std::int64_t value);
  void append_value(std::string_view value);
  void append_value(const Bytes& value);
  void append_value(const Uuid& value);
  template <typename Tag>
  void append_value(const Id<Tag>& value) {
    append_value(value.uuid());
  }
  void append_value(UtcTime value);
  void append_value(const json::Raw& value);

  std::vector<Slot> slots_;
  std::string bytes_;
};

template <typename T>
constexpr std::uint32_t Parameters::oid_of() {
  if constexpr (std::same_as<T, bool>) {
    return 16;
  } else if constexpr (std::same_as<T, Bytes>) {
    return 17;
  } else if constexpr (std::same_as<T, std::int64_t>) {
    return 20;
  } else if constexpr (std::same_as<T, std::int32_t>) {
    return 23;
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    return 25;
  } else if constexpr (std::same_as<T, UtcTime>) {
    return 1184;
  } else if constexpr (std::same_as<T, json::Raw>) {
    return 3802;
  } else {
    static_assert(
        std::same_as<T, Uuid> || requires(const T& id) {
          { id.uuid() } -> std::same_as<const Uuid&>;
        }, "no PostgreSQL type for this");
    return 2950;
  }
}

}  // namespace emporion::postgres
