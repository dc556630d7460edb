#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/assert.hpp"
#include "kernel/base/error.hpp"
#include "kernel/json/value.hpp"

namespace emporion::json {

/// Collects what is wrong with a document while generated code reads it into a struct. Keeps the JSON Pointer of the place being read.
class Reader {
 public:
  /// Enters a member or an element for the life of the returned guard.
  class At {
   public:
    At(Reader& reader, std::string_view name);
    At(Reader& reader, std::size_t index);
    ~At();
    At(const At&) = delete;
    At& operator=(const At&) = delete;

   private:
    Reader& reader_;
    std::size_t length_;
  };

  Reader() = default;
  /// For what comes from outside: numbers of payment cards are refused wherever they stand, and no problem repeats them.
  static Reader of_outsiders() {
    Reader reader;
    reader.refuses_cards_ = true;
    return reader;
  }
  bool refuses_cards() const noexcept { return refuses_cards_; }

  void missing(std::string_view name);         ///< MISSING_FIELD
  void unknown(std::string_view name);         ///< UNKNOWN_FIELD
  void wrong_type(std::string_view expected);  ///< WRONG_TYPE at the current place
  void out_of_range(std::string_view rule);    ///< OUT_OF_RANGE at the current place
  void card_number();                          ///< PAN_NOT_ACCEPTED at the current place; goes before all others
  void invalid(const Error& error);            ///< The error's reason at the current place (INVALID_ID, UNKNOWN_CURRENCY …)

  bool ok() const noexcept { return problems_.empty(); }
  /// One invalid_argument error. Its reason is that of the first problem; metadata.errors lists all (at most 20) as {pointer, reason, detail}.
  Error to_error() const;

 private:
  struct Problem {
    std::string pointer;
    std::string reason;
    std::string detail;
  };
  void add(std::string_view reason, std::string detail, std::string_view below = {});
  bool refuses_cards_ = false;
  std::string pointer_;
  std::vector<Problem> problems_;
};

}  // namespace emporion::json
