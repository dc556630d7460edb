#pragma once

#include <functional>
#include <optional>
#include <string>

#include "apps/emporion/retail/csv_reader.hpp"
#include "apps/emporion/retail/invoice.hpp"
#include "apps/emporion/retail/quirks.hpp"

namespace emporion::app::retail {

/// The file as checked rows and whole invoices, one after the other, counting quirks on the way. Constant memory.
class History {
 public:
  enum class Corrupt : std::uint8_t { refuse, count };

  /// Errors: those of CsvReader::open, and CSV_COLUMNS.
  static Result<History> open(const std::string& path, Corrupt corrupt);
  static Result<History> of_text(std::string csv, Corrupt corrupt);

  /// Called for each good row before its invoice is answered.
  std::function<void(const Row&)> on_row = {};

  /// The next invoice in the order of their first rows, or nothing at the end. Errors: the first corrupt row's, unless corrupt rows are counted.
  Result<std::optional<Invoice>> next();

  const Quirks& quirks() const noexcept { return quirks_; }
  const CsvReader& reader() const noexcept { return reader_; }

 private:
  History(CsvReader reader, Corrupt corrupt) : reader_(std::move(reader)), corrupt_(corrupt) {}
  static Result<History> begin(CsvReader reader, Corrupt corrupt);
  Result<std::optional<Invoice>> step();

  CsvReader reader_;
  Corrupt corrupt_;
  Quirks quirks_;
  InvoiceWindow window_;
  bool at_end_ = false;
};

}  // namespace emporion::app::retail
