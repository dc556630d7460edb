#include <cstddef>
#include <cstdint>

#include "kernel/base/assert.hpp"
#include "kernel/json/codec.hpp"
#include "modules/product/catalog/app/import_rows.hpp"
#include "modules/product/catalog/app/product_form.hpp"

namespace emporion::catalog {
namespace {

AttributeDefinitions all_kinds() {
  AttributeDefinitions out;
  for (const auto& one : {AttributeDefinition{.code = "material", .name = "", .type = AttributeType::text, .rules = {.max_length = 20}},
                          AttributeDefinition{.code = "weight", .name = "", .type = AttributeType::number, .rules = {.min = "0.5", .max = "90", .scale = 3}},
                          AttributeDefinition{.code = "washable", .name = "", .type = AttributeType::boolean},
                          AttributeDefinition{.code = "since", .name = "", .type = AttributeType::date},
                          AttributeDefinition{.code = "size", .name = "", .type = AttributeType::select, .options = {"S", "M"}, .is_axis = true},
                          AttributeDefinition{.code = "colour", .name = "", .type = AttributeType::text, .is_axis = true},
                          AttributeDefinition{.code = "care", .name = "", .type = AttributeType::multiselect, .options = {"cold", "dry"}}}) {
    EMP_ASSERT(check_definition(one).has_value());
    out.emplace(one.code, one);
  }
  return out;
}

/// No text that PostgreSQL's jsonb refuses.
void expect_storable(json::Value value) {
  if (const auto text = value.string()) EMP_ASSERT(text->find('\0') == std::string_view::npos);
  value.for_each_element([](json::Value element) {
    expect_storable(element);
    return true;
  });
  value.for_each_member([](std::string_view name, json::Value member) {
    EMP_ASSERT(name.find('\0') == std::string_view::npos);
    expect_storable(member);
    return true;
  });
}

/// What was stored of a row is a product that is formed to the same again.
void expect_stable(const json::Raw& product, const AttributeDefinitions& definitions) {
  const auto document = json::Document::parse(product.json);
  EMP_ASSERT(document.has_value());
  expect_storable(document->root());
  auto input = parse_json<v1::ProductInput>(product.json);
  EMP_ASSERT(input.has_value());
  const auto again = make_form(std::move(*input), definitions);
  EMP_ASSERT(again && again->product == product && again->has_slug);
}

}  // namespace
}  // namespace emporion::catalog

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace emporion;
  using namespace emporion::catalog;
  static const AttributeDefinitions definitions = all_kinds();
  ParsedImport import;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (const auto line = next_import_line(rest)) {
    ++import.rows;
    take_import_line(*line, definitions, Uuid::from_name("fuzz"), import);
  }
  std::int32_t good = 0;
  for (const ImportColumns& columns : import.chunks) {
    good += static_cast<std::int32_t>(columns.numbers.size());
    for (const auto& reference : columns.references) EMP_ASSERT(!reference.empty() && reference.find('\0') == std::string::npos);
    for (const auto& product : columns.products) expect_stable(product, definitions);
  }
  EMP_ASSERT(good + import.refused == import.rows);
  return 0;
}
