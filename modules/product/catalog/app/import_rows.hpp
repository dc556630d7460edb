#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "modules/product/catalog/domain/attribute.hpp"

namespace emporion::catalog {

/// Good rows of an import, column by column.
struct ImportColumns {
  std::vector<std::int32_t> numbers;
  std::vector<std::string> references;
  std::vector<Uuid> ids;
  std::vector<json::Raw> products;
  std::vector<json::Raw> codes;
  std::vector<bool> has_slug;
  std::vector<bool> publish;
};

/// What an import says, row by row, before the database is asked.
struct ParsedImport {
  std::vector<ImportColumns> chunks;    ///< At most 1,000 rows each.
  std::vector<v1::ImportError> errors;  ///< The first 1,000.
  std::int32_t refused = 0;
  std::int32_t rows = 0;
};

/// Takes the next line that is not blank off `rest`; nothing at its end.
std::optional<std::string_view> next_import_line(std::string_view& rest);
/// Reads one line as row `import.rows`, whose product is new under `id`, and puts it among the good or the refused ones.
void take_import_line(std::string_view line, const AttributeDefinitions& definitions, const Uuid& id, ParsedImport& import);

}  // namespace emporion::catalog
