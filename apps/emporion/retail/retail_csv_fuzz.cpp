#include <cstdint>
#include <string>

#include "apps/emporion/retail/history.hpp"
#include "kernel/base/assert.hpp"

namespace emporion::app::retail {
namespace {

/// Reads to the end, whatever rows are refused.
void read_all(CsvReader reader) {
  for (int refusals = 0; refusals < 10'000;) {
    const auto record = reader.next();
    if (!record) {
      if (record.error().reason() == "FILE_UNREADABLE") return;
      ++refusals;
      continue;
    }
    if (!*record) return;
    (void)parse_row(**record);
  }
  EMP_ASSERT(false);  // The reader does not come to an end.
}

void read_history(std::string csv) {
  auto history = History::of_text(std::move(csv), History::Corrupt::count);
  if (!history) return;
  std::uint64_t rows = 0;
  history->on_row = [&rows](const Row&) { ++rows; };
  for (;;) {
    const auto invoice = history->next();
    if (!invoice || !*invoice) break;
  }
}

}  // namespace
}  // namespace emporion::app::retail

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace emporion::app::retail;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read_all(CsvReader::of_text(bytes));
  read_history(bytes);
  // The header is given, so that the rows are reached.
  read_history("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" + bytes);
  return 0;
}
