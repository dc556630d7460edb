#pragma once

#include <functional>
#include <utility>

#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/time.hpp"
#include "kernel/postgres/database.hpp"
#include "modules/product/catalog/adapters/postgres/attributes.hpp"
#include "modules/product/catalog/domain/product_lifecycle.hpp"

namespace emporion::catalog {

/// Writes of products. Each is one transaction of a function of the database that leaves row, variants, document and event together (CAT-9).
class Products {
 public:
  /// `changed` is called after each commit that changed a product.
  Products(
      postgres::Database& database, Attributes& attributes, const Clock& clock, Random& random, std::function<void()> changed = [] {})
      : database_(database), attributes_(attributes), clock_(clock), random_(random), changed_(std::move(changed)) {}

  Task<Result<v1::Product>> create(CallContext context, v1::CreateProductRequest request);
  Task<Result<v1::Product>> update(CallContext context, v1::UpdateProductRequest request);
  Task<Result<v1::Product>> remove(CallContext context, v1::DeleteProductRequest request);
  /// One of the eight transitions, once per idempotency key.
  Task<Result<v1::Product>> step(CallContext context, ProductStep step, v1::ProductTransitionRequest request);
  Task<Result<v1::GenerateVariantsResponse>> generate_variants(CallContext context, v1::GenerateVariantsRequest request);
  Task<Result<v1::Media>> put_media(CallContext context, v1::PutMediaRequest request);

  /// Publishes what is scheduled and due. Run by a job.
  Task<Result<>> publish_due(CallContext context);

 private:
  postgres::Database& database_;
  Attributes& attributes_;
  const Clock& clock_;
  Random& random_;
  std::function<void()> changed_;
};

}  // namespace emporion::catalog
