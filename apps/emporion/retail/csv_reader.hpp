#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/base/result.hpp"

namespace emporion::app::retail {

/// One record of a CSV file with the number of the row it stands in (the header is row 1).
struct CsvRecord {
  std::uint64_t row = 0;
  std::vector<std::string> fields;
};

/// Reads a CSV file record by record in constant memory: RFC 4180 with LF or CRLF, UTF-8, plain or gzip (told from its content).
class CsvReader {
 public:
  /// Errors: FILE_UNREADABLE.
  static Result<CsvReader> open(const std::string& path);
  /// CSV text in memory, for tests.
  static CsvReader of_text(std::string text);
  CsvReader(CsvReader&&) noexcept;
  CsvReader& operator=(CsvReader&&) noexcept;
  ~CsvReader();

  /// The next record, or nothing at the end. Errors, each naming the row: FILE_UNREADABLE (also a truncated gzip), CSV_MALFORMED (a quote out of place, a
  /// record over 64 KiB), CSV_NOT_UTF8. After CSV_MALFORMED and CSV_NOT_UTF8 reading goes on with the next line.
  Result<std::optional<CsvRecord>> next();
  /// A fingerprint of everything read so far (after the last record: of the whole unpacked file), 64 hexadecimal digits.
  std::string fingerprint() const;
  std::uint64_t bytes_read() const noexcept;  ///< Of the file as it lies on disk.
  std::uint64_t bytes_total() const noexcept;

 private:
  struct Impl;
  explicit CsvReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace emporion::app::retail
