#pragma once

#include <string>
#include <vector>

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "modules/product/catalog/domain/attribute.hpp"

namespace emporion::catalog {

/// A ProductInput that passed every check which needs no row but the attribute definitions, in the form that product_save reads.
struct ProductForm {
  json::Raw product;
  std::vector<std::string> attribute_codes;  ///< All that it uses; product_save checks that they still exist.
  bool has_slug = false;                     ///< Given by the caller rather than made of the name.
};

/// Checks and normalises: SKUs in upper case, description sanitised, slug made of the name, one default variant.
/// Errors (rule_violated): SKU_INVALID, SLUG_INVALID, BARCODE_INVALID, ATTRIBUTE_INVALID, VARIANT_LIMIT, VARIANT_OPTIONS_INVALID, TEXT_TOO_LONG,
/// MEDIA_URL_INVALID; (conflict): SKU_TAKEN for a SKU that occurs twice in the document.
Result<ProductForm> make_form(v1::ProductInput input, const AttributeDefinitions& definitions);

/// A definition between the contract's form and the domain's.
AttributeDefinition to_domain(const std::string& code, const v1::AttributeInput& input);
AttributeDefinition to_domain(const v1::AttributeDefinition& definition);

}  // namespace emporion::catalog
