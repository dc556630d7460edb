#include "apps/emporion/retail/history.hpp"

namespace emporion::app::retail {

Result<History> History::begin(CsvReader reader, Corrupt corrupt) {
  EMP_ASSIGN(const auto header, reader.next());
  EMP_TRY(check_header(header.value_or(CsvRecord{})));
  return History(std::move(reader), corrupt);
}

Result<History> History::open(const std::string& path, Corrupt corrupt) {
  EMP_ASSIGN(auto reader, CsvReader::open(path));
  return begin(std::move(reader), corrupt);
}

Result<History> History::of_text(std::string csv, Corrupt corrupt) { return begin(CsvReader::of_text(std::move(csv)), corrupt); }

Result<std::optional<Invoice>> History::step() {
  EMP_ASSIGN(const auto record, reader_.next());
  if (!record) {
    at_end_ = true;
    return std::optional<Invoice>();
  }
  EMP_ASSIGN(const Row row, parse_row(*record));
  EMP_ASSIGN(auto complete, window_.add(row));
  quirks_.count(row);
  if (on_row) on_row(row);
  return complete;
}

Result<std::optional<Invoice>> History::next() {
  std::optional<Invoice> complete;
  while (!at_end_ && !complete) {
    auto stepped = step();
    if (stepped) {
      complete = std::move(*stepped);
      continue;
    }
    // An unreadable file is no corrupt row: nothing comes after it.
    if (corrupt_ == Corrupt::refuse || stepped.error().kind() != ErrorKind::invalid_argument) return fail(stepped.error());
    quirks_.count_corrupt_row();
  }
  if (!complete) complete = window_.drain();
  if (complete) quirks_.count(*complete);
  return complete;
}

}  // namespace emporion::app::retail
