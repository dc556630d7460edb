#pragma once

#include <memory>

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/product/catalog/domain/attribute.hpp"

namespace emporion::catalog {

/// Attribute definitions as rows.
class Attributes {
 public:
  explicit Attributes(postgres::Database& database) : database_(database) {}

  Task<Result<v1::ListAttributesResponse>> list(CallContext context, v1::ListAttributesRequest request);
  Task<Result<v1::AttributeDefinition>> get(CallContext context, v1::GetAttributeRequest request);
  Task<Result<v1::AttributeDefinition>> create(CallContext context, v1::CreateAttributeRequest request);
  Task<Result<v1::AttributeDefinition>> update(CallContext context, v1::UpdateAttributeRequest request);
  Task<Result<v1::DeleteAttributeResponse>> remove(CallContext context, v1::DeleteAttributeRequest request);

  /// All definitions as they are committed now.
  Task<Result<std::shared_ptr<const AttributeDefinitions>>> definitions();

 private:
  postgres::Database& database_;
};

}  // namespace emporion::catalog
