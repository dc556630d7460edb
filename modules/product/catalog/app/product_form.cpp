#include "modules/product/catalog/app/product_form.hpp"

#include <algorithm>
#include <set>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "modules/product/catalog/domain/html.hpp"
#include "modules/product/catalog/domain/sku.hpp"
#include "modules/product/catalog/domain/variant_matrix.hpp"

namespace emporion::catalog {
namespace {

constexpr std::size_t name_length_max = 500;
constexpr std::size_t short_length_max = 500;
constexpr std::size_t html_bytes_max = 64u << 10;

std::unexpected<Error> refuse(std::string reason, std::string_view field, std::string detail) {
  return fail(Error(ErrorKind::rule_violated, std::move(reason), std::move(detail)).with("field", field));
}

// In characters; the contract bounds the bytes.
Result<> check_length(std::string_view value, std::size_t most, std::string_view field) {
  const auto count = static_cast<std::size_t>(std::ranges::count_if(value, [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
  if (count <= most) return {};
  return refuse("TEXT_TOO_LONG", field, text(field, " has at most ", most, " characters"));
}

Result<> check_texts(v1::ProductInput& input) {
  input.name = std::string(trimmed(input.name));
  if (input.name.empty()) return refuse("TEXT_TOO_SHORT", "name", "a product has a name");
  EMP_TRY(check_length(input.name, name_length_max, "name"));
  if (input.short_description) EMP_TRY(check_length(*input.short_description, short_length_max, "short_description"));
  if (input.description) input.description = sanitized_html(*input.description);
  if (input.description && input.description->size() > html_bytes_max) return refuse("TEXT_TOO_LONG", "description", "a description has at most 64 KiB");
  for (auto& [locale, translation] : input.translations) {
    EMP_TRY(check_length(translation.name, name_length_max, "translations"));
    if (translation.description) translation.description = sanitized_html(*translation.description);
  }
  if (input.seo && input.seo->title) EMP_TRY(check_length(*input.seo->title, 70, "seo.title"));
  if (input.seo && input.seo->description) EMP_TRY(check_length(*input.seo->description, 160, "seo.description"));
  return {};
}

Result<> check_media(const std::vector<v1::Media>& media) {
  for (const auto& one : media) {
    const bool ours = one.url.starts_with('/') && !one.url.starts_with("//");
    const bool web = one.url.starts_with("https://") || one.url.starts_with("http://");
    if (!ours && !web) return refuse("MEDIA_URL_INVALID", "media", "a picture's address is on the web or begins with a slash");
  }
  return {};
}

// Attribute values of a product or variant; their codes go to `codes`.
Result<> check_attributes(const std::optional<json::Raw>& attributes, const AttributeDefinitions& definitions, std::set<std::string>& codes) {
  if (!attributes) return {};
  EMP_ASSIGN(const auto document, json::Document::parse(attributes->json));
  if (document.root().type() != json::Type::object) return refuse("ATTRIBUTE_INVALID", "attributes", "attributes are an object of code and value");
  EMP_TRY(check_values(definitions, document.root()));
  document.root().for_each_member([&](std::string_view code, json::Value) {
    codes.emplace(code);
    return true;
  });
  return {};
}

Result<> check_axes(const v1::ProductInput& input, const AttributeDefinitions& definitions, std::set<std::string>& codes) {
  for (const auto& axis : input.option_axes) {
    const auto found = definitions.find(axis);
    if (found == definitions.end() || !found->second.is_axis)
      return refuse("VARIANT_OPTIONS_INVALID", "option_axes", text(axis, " is no attribute that can be an axis"));
    for (const auto& variant : input.variants) {
      const auto option = variant.options.find(axis);
      if (option == variant.options.end()) continue;
      const auto& options = found->second.options;  // None for a text: any short one will do.
      const bool offered =
          options.empty() ? !option->second.empty() && option->second.size() <= 100 : std::ranges::find(options, option->second) != options.end();
      if (!offered) return refuse("VARIANT_OPTIONS_INVALID", axis, text(option->second, " is no option of ", axis));
    }
    codes.insert(axis);
  }
  return {};
}

Result<> check_variants(v1::ProductInput& input, const AttributeDefinitions& definitions, std::set<std::string>& codes) {
  std::vector<OptionValues> options;
  for (const auto& variant : input.variants) options.emplace_back(variant.options.begin(), variant.options.end());
  EMP_TRY(check_options(input.option_axes, options));
  EMP_TRY(check_axes(input, definitions, codes));
  std::set<std::string> skus;
  std::size_t defaults = 0;
  for (auto& variant : input.variants) {
    EMP_ASSIGN(const Sku sku, Sku::parse(variant.sku));
    variant.sku = sku.text();
    if (!skus.insert(sku.text()).second) return fail(Error(ErrorKind::conflict, "SKU_TAKEN", text(sku, " occurs twice")).with("sku", sku.text()));
    if (variant.barcode && !is_gtin(*variant.barcode))
      return refuse("BARCODE_INVALID", "barcode", text(*variant.barcode, " is no GTIN-8, 12, 13 or 14 with its check digit"));
    EMP_TRY(check_attributes(variant.attributes, definitions, codes));
    EMP_TRY(check_media(variant.media));
    defaults += variant.is_default.value_or(false) ? 1 : 0;
  }
  if (defaults > 1) return refuse("VARIANT_OPTIONS_INVALID", "is_default", "one variant is the default");
  if (defaults == 0) input.variants.front().is_default = true;
  return {};
}

}  // namespace

Result<ProductForm> make_form(v1::ProductInput input, const AttributeDefinitions& definitions) {
  EMP_TRY(check_texts(input));
  std::set<std::string> codes;
  EMP_TRY(check_variants(input, definitions, codes));
  EMP_TRY(check_attributes(input.attributes, definitions, codes));
  EMP_TRY(check_media(input.media));
  if (input.tax_class && input.tax_class->empty()) input.tax_class.reset();
  const bool has_slug = input.slug.has_value();
  if (has_slug) {
    EMP_TRY(Slug::parse(*input.slug));
  } else {
    input.slug = Slug::of_name(input.name, Slug::of_name(input.variants.front().sku, "product").text()).text();
  }
  return ProductForm{json::Raw{to_json(input)}, {codes.begin(), codes.end()}, has_slug};
}

AttributeDefinition to_domain(const std::string& code, const v1::AttributeInput& input) {
  AttributeDefinition out{.code = code, .name = input.name, .unit = input.unit, .options = input.options, .is_axis = input.is_axis.value_or(false)};
  out.type = *attribute_type_of(v1::to_string(input.data_type));
  if (input.rules) out.rules = {.min = input.rules->min, .max = input.rules->max, .max_length = input.rules->max_length, .scale = input.rules->scale};
  return out;
}

AttributeDefinition to_domain(const v1::AttributeDefinition& definition) {
  AttributeDefinition out{
      .code = definition.code, .name = definition.name, .unit = definition.unit, .options = definition.options, .is_axis = definition.is_axis};
  out.type = *attribute_type_of(v1::to_string(definition.data_type));
  out.rules = {.min = definition.rules.min, .max = definition.rules.max, .max_length = definition.rules.max_length, .scale = definition.rules.scale};
  return out;
}

}  // namespace emporion::catalog
