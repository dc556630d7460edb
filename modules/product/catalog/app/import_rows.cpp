#include "modules/product/catalog/app/import_rows.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "modules/product/catalog/app/product_form.hpp"

namespace emporion::catalog {
namespace {

constexpr std::size_t errors_kept = 1'000;
constexpr std::size_t insert_rows = 1'000;  // In one statement.

json::Raw codes_json(const std::vector<std::string>& codes) {
  json::Raw out{""};
  json::Writer writer(out.json);
  writer.begin_array();
  for (const auto& code : codes) writer.string(code);
  writer.end_array();
  return out;
}

void refuse(ParsedImport& import, std::optional<std::string> reference, const Error& error) {
  ++import.refused;
  if (import.errors.size() < errors_kept)
    import.errors.push_back({.row = import.rows, .external_reference = std::move(reference), .reason = error.reason(), .detail = error.detail()});
}

}  // namespace

std::optional<std::string_view> next_import_line(std::string_view& rest) {
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = trimmed(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (!line.empty()) return line;
  }
  return std::nullopt;
}

void take_import_line(std::string_view line, const AttributeDefinitions& definitions, const Uuid& id, ParsedImport& import) {
  auto row = parse_json<v1::ImportRow>(line);
  if (!row) return refuse(import, std::nullopt, row.error());
  auto form = make_form(std::move(row->product), definitions);
  if (!form) return refuse(import, row->external_reference, form.error());
  if (import.chunks.empty() || import.chunks.back().numbers.size() == insert_rows) import.chunks.emplace_back();
  ImportColumns& columns = import.chunks.back();
  columns.numbers.push_back(import.rows);
  columns.references.push_back(std::move(row->external_reference));
  columns.ids.push_back(id);
  columns.products.push_back(std::move(form->product));
  columns.codes.push_back(codes_json(form->attribute_codes));
  columns.has_slug.push_back(form->has_slug);
  columns.publish.push_back(row->publish.value_or(false));
}

}  // namespace emporion::catalog
